/** Asks the IDP, when a page wakes or something speaks for it, whether its session is still there. */
import type { Engine } from './engine.js'
import type { Renewed } from './answers.js'
import type { Held } from './held.js'
import type { Holding } from './holding.js'
import type { World } from './settings.js'
import type { SilentLogin } from './silent-login.js'

/** For how long the IDP need not have been heard, ms. */
const UNHEARD = 60_000
/** When a tab last asked in vain for news: the session's `ref` and ms in the server's clock. */
const HEARD = 'tandem.heard '

/** What it works with. */
export interface Looking {
  readonly engine: Pick<Engine, 'assureTime'>
  readonly holding: Holding
  readonly silent: SilentLogin
  /** Refreshes. @throws NetworkError where no answer came */
  renew(held: Held): Promise<Renewed>
  readonly world: Pick<World, 'clock' | 'tabs' | 'notes' | 'tell'>
  /** Of what the tabs share. */
  readonly name: string
}

/** One tab asks for all, and no refresh waits for it. */
export function createLooking({
  engine,
  holding,
  silent,
  renew,
  world,
  name,
}: Looking): (isSuspected: boolean) => Promise<void> {
  const { clock, tabs, notes, tell } = world

  const heardAt = (ref: string): number => {
    const [of, at] = notes.getItem(HEARD + name)?.split(' ') ?? []
    return of === ref ? Number(at) : 0
  }

  /** Where no frame tells, a refresh does, too. */
  const refresh = async (held: Held): Promise<void> => {
    if (held.tokens.refreshToken === undefined) return
    const { ref } = held.session
    const renewed = await renew(held)
    tell(renewed.type === 'restored' ? renewed : { ...renewed, ref })
  }

  const look = async (isSuspected: boolean): Promise<void> => {
    const { held } = holding
    // What is on the wire may have been answered before.
    if (isSuspected) await held?.wire?.catch(() => {})
    // A refresh that is on the wire tells, too.
    if (held === undefined || held.wire || held.endedBy || !holding.isCurrent(held)) return
    const { ref } = held.session
    if (!isSuspected && clock.now() - Math.max(held.heardAt, heardAt(ref)) < UNHEARD) return
    const answer = await silent.check(held.tokens).catch(() => null)
    if (holding.held !== held) return
    if (answer === null) return isSuspected ? refresh(held) : undefined
    held.heardAt = clock.now()
    notes.setItem(HEARD + name, `${ref} ${held.heardAt}`)
    if (answer !== false) return holding.noteState(held, answer)
    // Logged out or expired: it does not say.
    const ended = { type: 'idp-ended', ref, endedBy: 'unknown' } as const
    holding.idpEnded(held, 'unknown')
    tabs.post(ended)
    tell(ended)
  }

  return async (isSuspected) => {
    const { held } = holding
    // Somebody may have signed in in another tab meanwhile, or refreshed.
    if ((holding.mark()?.generation ?? 0) > (held?.generation ?? 0)) tabs.post({ type: 'grant?' })
    if (held === undefined) return
    await engine.assureTime().catch(() => {})
    if (clock.isSure()) await tabs.exclusive(`tandem:look:${name}`, () => look(isSuspected)).catch(() => {})
  }
}
