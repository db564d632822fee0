/** The other tabs of this browser: what they are told and asked, and what is made of what they say. */
import type { Engine } from './engine.js'
import type { Holding } from './holding.js'
import { messageFrom } from './messages.js'
import type { Message } from './messages.js'
import type { World } from './settings.js'

/** How long another tab is waited for that may have tokens, ms. */
export const GRANT_PATIENCE = 300

export interface Others {
  /** Takes in what another tab posted. */
  hear(message: unknown): void
  /**
   * Asks who has tokens (of the session `ref`), and waits until `isThere` or nobody can be waited for any more; resolves with which.
   * `patience`: ms.
   */
  ask(isThere: () => boolean, patience: number, ref?: string): Promise<boolean>
  /**
   * This session is not this browser's any more: where its mark is gone, waits for a moment until it is known why, or another one is
   * there. Whoever ended it is telling everybody, but neither messages nor notes come as soon as a cookie goes.
   */
  hearEnd(ref: string): Promise<boolean>
  /** From now on this tab counts as one that may hold something. Returns the way to stop. */
  attend(): () => void
}

/** @param name of what the tabs share */
export function createOthers(
  { revoke }: Pick<Engine, 'revoke'>,
  holding: Holding,
  { clock, tabs, tell }: Pick<World, 'clock' | 'tabs' | 'tell'>,
  name: string,
): Others {
  const present = `tandem:present:${name}`

  const take = (message: Message): void => {
    const { held } = holding
    if (message.type === 'grant?') {
      const grant = holding.grant()
      if (grant && (message.ref ?? grant.session.ref) === grant.session.ref) tabs.post(grant)
    } else if (message.type === 'grant') {
      if (holding.adopt(message)) tell({ type: 'restored', session: holding.held!.session })
      // Late, or this tab missed what came before.
      else if (held !== undefined && !holding.isCurrent(held)) tell({ type: 'suspicion' })
    } else {
      const isOurs = held?.session.ref === message.ref
      if (message.type === 'used') {
        if (isOurs && holding.use(message.at)) tell({ type: 'restored', session: held.session })
        return
      }
      if (message.type === 'idp-ended') {
        if (isOurs) holding.idpEnded(held, message.endedBy)
        return tell(message)
      }
      const { ref, reason, endedAt, generation = Infinity } = message
      if (isOurs) {
        // Its tokens were issued after those that were revoked.
        if (reason === 'logout' && held.generation > generation) void revoke(held.tokens).catch(() => {})
        holding.hearEnd({ ref, reason, endedAt })
      }
      tell({ type: 'absent', ref, reason, endedAt })
    }
  }

  const hear = (value: unknown): void => {
    const message = messageFrom(value)
    if (message !== null) take(message)
  }

  const others: Others = {
    hear,
    ask(isThere, patience, ref) {
      if (isThere() || !tabs.isJoined) return Promise.resolve(isThere())
      return new Promise((resolve) => {
        const settle = (): void => {
          for (const stop of stops) stop()
          resolve(isThere())
        }
        const stops = [
          tabs.onMessage((message) => {
            hear(message)
            if (isThere()) settle()
          }),
          clock.at(clock.now() + patience, settle),
          // Whoever holds something is present. Where this tab comes first, nobody is.
          holding.held === undefined
            ? tabs.lead(present, () => {
                void Promise.resolve().then(settle)
                return () => {}
              })
            : () => {},
        ]
        tabs.post({ type: 'grant?', ref })
      })
    },
    hearEnd: (ref) =>
      others.ask(() => (holding.mark() ?? holding.endOf(ref)) !== undefined, GRANT_PATIENCE, ref),
    attend: () => tabs.lead(present, () => () => {}),
  }
  return others
}
