/** Watches the session that is held at the IDP, by its `check_session_iframe` (OpenID Connect Session Management 1.0 §3). */
import type { Engine } from './engine.js'
import { createSessionWatch } from './session-watch.js'
import type { Watched } from './session-watch.js'
import type { World } from './settings.js'

/** What a frame has proven itself with: the session's `ref` and a `session_state`. */
const CHECKED = 'tandem.checked '

/** What it works with. */
export interface Watching {
  readonly engine: Pick<Engine, 'checkSessionUrl'>
  readonly clientId: string
  readonly world: Pick<World, 'notes' | 'checkSession'>
  /** Of what the tabs share. */
  readonly name: string
  /** Tells what is held, now and after every change. Returns the way to stop. */
  follow(tell: (watched: Watched | null) => void): () => void
  /** Finds out what became of the session at the IDP. */
  look(isSuspected: true): Promise<void>
}

/** Begins where the world has frames for it. Returns the way to stop. */
export function watch({ engine, clientId, world, name, follow, look }: Watching): () => void {
  const { checkSession: open, notes } = world
  if (open === undefined) return () => {}
  const key = CHECKED + name
  const { follow: hear } = createSessionWatch({
    clientId,
    url: () => engine.checkSessionUrl(),
    open,
    proof: {
      get() {
        const [ref, sessionState] = notes.getItem(key)?.split(' ') ?? []
        return ref && sessionState ? { ref, sessionState } : null
      },
      set(watched) {
        if (watched === null) notes.removeItem(key)
        else notes.setItem(key, `${watched.ref} ${watched.sessionState}`)
      },
    },
    // Where nothing answers, the session goes on as it was.
    onSuspicion: () => void look(true).catch(() => {}),
  })
  const stop = follow(hear)
  return () => {
    stop()
    hear(null)
  }
}
