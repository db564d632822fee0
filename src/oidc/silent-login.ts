/**
 * Asks the IDP with `prompt=none`: in a hidden frame where that is of use, with the whole page where there is no better way. A frame
 * may not see the IDP's cookie, and says "signed out" then: that is an answer only where frames have said "yes" in this browser before.
 */
import { NetworkError, OAuthError } from '../errors.js'
import type { SessionError } from '../errors.js'
import type { Engine } from './engine.js'
import type { World } from './settings.js'
import type { Tokens } from './tokens.js'
import type { Transaction } from './transactions.js'

/** When the page was last left to ask, and when a frame was last of no use: ms in the device's clock, as text. */
const ASKED = 'tandem.asked'
const FRAMELESS = 'tandem.frameless'
/** That frames are of use in this browser, and when one last said "signed out": ms in the server's clock, or 0. */
const FRAMES = 'tandem.frames '
/** How long the page is not left again where the last time brought no answer, and frames are not tried again. ms */
const PAUSE = 60_000
const FRAMELESS_FOR = 3_600_000
/** Longer ID tokens do not fit into every server's request line. */
const LONGEST_HINT = 2_000
/** How far the IDP's clock may be from ours, ms. */
const TOLERANCE = 60_000

/** What it works with. */
export interface Asking {
  readonly engine: Engine
  readonly world: Pick<World, 'clock' | 'storage' | 'notes' | 'frame'>
  /** Of what the tabs share. */
  readonly name: string
  readonly hasFrames: boolean
  /** Whether the IDP takes `prompt=none` from this client. */
  readonly isAllowed: boolean
  url(kind: Transaction['kind'], how: SilentRequest): Promise<string>
}

/** What one question has of its own. */
export interface SilentRequest {
  readonly returnTo: string
  readonly failed?: SessionError | undefined
  readonly params?: Readonly<Record<string, string>>
}

export interface SilentLogin {
  /** Tokens that a frame brings; false: the IDP has no session; null: no answer. @throws NetworkError where a code could not be exchanged */
  inFrame(returnTo: string): Promise<Tokens | false | null>
  /**
   * Asks in a frame whether the IDP still has the session that these tokens are of: its `session_state` ('' for none); false where it
   * has not; null: no answer.
   */
  check(tokens: Tokens): Promise<string | false | null>
  /**
   * Where to go with the whole page, or null: it was left a moment ago, and came back without an answer. `failed`: why the login
   * failed that this is asked after; noted for when the page is back.
   */
  leave(returnTo: string, failed?: SessionError): Promise<string | null>
  /** The page came back with an answer. */
  answered(yes: boolean): void
  /** Whoever authenticated before a frame said "signed out" was signed in when it said so. */
  learn(authTime: unknown): void
}

export function createSilentLogin({ engine, world, name, hasFrames, isAllowed, url }: Asking): SilentLogin {
  const { clock, storage, notes } = world
  const isRecent = (key: string, time: number): boolean =>
    Math.abs(clock.device() - Number(storage.getItem(key) ?? Number.NaN)) < time
  const note = (key: string): void => storage.setItem(key, String(clock.device()))

  /** Lets a frame answer, and makes something of a "yes"; false and null as above. */
  const ask = async <T>(
    how: SilentRequest,
    made: (answer: URL, transaction: Transaction) => Promise<T>,
  ): Promise<T | false | null> => {
    if (!hasFrames || !isAllowed || isRecent(FRAMELESS, FRAMELESS_FOR)) return null
    // An IDP that does not even say where to ask says nothing about frames.
    const address = await url('frame', how)
    let isOfUse = false
    try {
      const answer = new URL(await world.frame(address))
      const transaction = engine.transaction(answer)
      if (transaction !== null) {
        isOfUse = true
        const outcome = await made(answer, transaction)
        if (notes.getItem(FRAMES + name) === null) notes.setItem(FRAMES + name, '0')
        return outcome
      }
    } catch (error) {
      // The frame brought an answer, of which the token endpoint makes nothing now: there is no better way to ask again.
      if (isOfUse && error instanceof NetworkError) throw error
      if (
        error instanceof OAuthError &&
        error.code === 'login_required' &&
        notes.getItem(FRAMES + name) !== null
      ) {
        notes.setItem(FRAMES + name, String(clock.now()))
        return false
      }
      // Whatever else it was, it is no answer.
    }
    note(FRAMELESS)
    return null
  }

  return {
    inFrame: (returnTo) =>
      ask({ returnTo }, (answer, transaction) => engine.exchangeCode(answer, transaction)),
    async check({ idToken }) {
      // So that "yes" is about this user. The code is not needed.
      const params = idToken.length <= LONGEST_HINT ? { id_token_hint: idToken } : {}
      return ask({ returnTo: '/', params }, async (answer) => (await engine.checkAnswer(answer)) ?? '')
    },
    async leave(returnTo, failed) {
      if (!isAllowed || isRecent(ASKED, PAUSE)) return null
      const leaving = await url('silent', { returnTo, failed })
      note(ASKED)
      return leaving
    },
    answered(yes) {
      storage.removeItem(ASKED)
      // Where it was no, the frame that said so too was right.
      if (!yes) storage.removeItem(FRAMELESS)
      else if (isRecent(FRAMELESS, FRAMELESS_FOR)) notes.removeItem(FRAMES + name)
    },
    learn(authTime) {
      const saidNoAt = Number(notes.getItem(FRAMES + name))
      if (typeof authTime !== 'number' || !(authTime * 1000 + TOLERANCE < saidNoAt)) return
      notes.removeItem(FRAMES + name)
      note(FRAMELESS)
    },
  }
}
