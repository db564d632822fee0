/**
 * Finds a session again that this page no longer holds: asks the IDP with `prompt=none`, first in a hidden frame, where
 * only "yes" is an answer, for a frame may not see the IDP's cookie; then with the whole page, which is authoritative.
 */
import { NetworkError } from '../errors.js'
import type { SessionError } from '../errors.js'
import type { Session } from '../session/session.js'
import type { Engine } from './engine.js'
import type { Found } from './holder.js'
import type { World } from './settings.js'
import { APP_SESSION_LIFE } from './session.js'
import type { Tokens } from './tokens.js'
import type { Transaction } from './transactions.js'

/** When the page was last left to ask, and when a frame was last of no use: ms in the device's clock, as text. */
const ASKED = 'tandem.asked'
const FRAMELESS = 'tandem.frameless'
/** How long the page is not left again where the last time brought no answer, and frames are not tried again. ms */
const PAUSE = 60_000
const FRAMELESS_FOR = 3_600_000

/** What it works with. */
export interface Asking {
  readonly engine: Engine
  readonly world: World
  readonly hasFrames: boolean
  url(kind: Transaction['kind'], returnTo: string, failed?: SessionError): Promise<string>
  hold(tokens: Tokens, kind: Transaction['kind']): Session
}

export interface SilentLogin {
  /**
   * Asks. `unfinished`: an earlier answer could not be made use of, because the token endpoint gave none. `failed`: why the
   * login failed that this is asked after; noted for when the page is back, where it is left.
   * @throws NetworkError
   */
  ask(returnTo: string, unfinished: boolean, failed?: SessionError): Promise<Found>
  /** The page came back with an answer. Where that was no, the frame that said so too was right. */
  answered(yes: boolean): void
}

export function createSilentLogin({ engine, world, hasFrames, url, hold }: Asking): SilentLogin {
  const { clock, storage, hint } = world
  const isRecent = (key: string, time: number): boolean =>
    Math.abs(clock.device() - Number(storage.getItem(key) ?? Number.NaN)) < time
  const note = (key: string): void => storage.setItem(key, String(clock.device()))

  const askInFrame = async (returnTo: string): Promise<Found | null> => {
    // An IDP that does not even say where to ask says nothing about frames.
    const address = await url('frame', returnTo)
    let isOfUse = false
    try {
      const answer = new URL(await world.frame(address))
      const transaction = engine.transaction(answer)
      if (transaction !== null) {
        isOfUse = true
        const tokens = await engine.exchangeCode(answer, transaction)
        return { type: 'restored', session: hold(tokens, 'frame') }
      }
    } catch (error) {
      // The frame brought an answer, of which the token endpoint makes nothing now: there is no better way to ask again.
      if (isOfUse && error instanceof NetworkError) throw error
      // Whatever else it was, it is no answer.
    }
    note(FRAMELESS)
    return null
  }

  return {
    answered: (yes) => {
      storage.removeItem(ASKED)
      if (!yes) storage.removeItem(FRAMELESS)
    },
    async ask(returnTo, unfinished, failed) {
      if (clock.device() - Number(hint.get()) >= APP_SESSION_LIFE) {
        hint.remove()
        return { type: 'absent', reason: 'app_session_over' }
      }
      if (hasFrames && !isRecent(FRAMELESS, FRAMELESS_FOR)) {
        const found = await askInFrame(returnTo)
        if (found !== null) return { ...found, returnTo }
      }
      if (isRecent(ASKED, PAUSE)) {
        if (unfinished)
          throw new NetworkError('idp_unavailable', 'The identity provider answers only halfway.')
        // Left to ask, and back without an answer: by the Back button, or from an error page.
        hint.remove()
        return { type: 'absent', returnTo }
      }
      const leaving = await url('silent', returnTo, failed)
      note(ASKED)
      return { type: 'leaving', url: leaving }
    },
  }
}
