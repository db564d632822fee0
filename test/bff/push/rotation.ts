import { NoAnswer, Refused } from '../../../src/bff/idp/failures.js'
import type { Idp } from '../../../src/bff/idp/idp.js'
import type { Tokens } from '../../../src/bff/idp/tokens.js'

/** How the next refresh goes. `lost`: it is done, and its answer never arrives. `down`: it is not done. `revoked`: an administrator was faster. */
export type Mood = 'well' | 'lost' | 'down' | 'revoked'

/** An IDP that rotates refresh tokens and notices when one is used twice, as far as sessions see it. */
export interface Rotation extends Idp {
  /** What a login brings. */
  issue(sub: string, sid: string | undefined): Tokens
  /** The next refreshes, one each; well where there are none. */
  readonly moods: Mood[]
  /** Good refresh tokens of the login that `token` goes back to, without those whose answer was lost. */
  good(token: string): string[]
  /** Refresh tokens that were presented after they were used up, where no answer had been lost. */
  readonly reused: string[]
}

interface Token {
  readonly login: number
  isGood: boolean
  isUsed: boolean
  /** Its answer never arrived. */
  isLost: boolean
  /** It was used, and the answer to that was lost. */
  isUnsure: boolean
}

const LIFETIME = 300_000

/** `reuse`: whether a refresh token may be used once more after it was used up. */
export function createRotation(wait: () => Promise<void>, now: () => number, reuse: boolean): Rotation {
  const tokens = new Map<string, Token>()
  const moods: Mood[] = []
  const reused: string[] = []
  let logins = 0

  const mint = (login: number): string => {
    const token = `refresh-${tokens.size}`
    tokens.set(token, { login, isGood: true, isUsed: false, isLost: false, isUnsure: false })
    return token
  }
  const ofLogin = (login: number): [string, Token][] =>
    [...tokens].filter(([, token]) => token.login === login)
  const revokeLogin = (login: number): void => {
    for (const [, token] of ofLogin(login)) token.isGood = false
  }
  const answer = (refreshToken: string, claims: Tokens['claims'] = null): Tokens => ({
    access: { value: 'access', expiresAt: now() + LIFETIME, scope: [], audience: [], roles: [] },
    refreshToken,
    refreshableUntil: null,
    idToken: null,
    claims,
    profile: null,
    idpEndsAt: null,
  })
  const never = (): Promise<never> => Promise.reject(new Error('nobody is to ask for this'))

  return {
    moods,
    reused,
    issue(sub, sid) {
      const claims = {
        iss: 'https://idp.test',
        sub,
        aud: 'c',
        iat: 0,
        exp: 0,
        ...(sid !== undefined && { sid }),
      }
      return answer(mint(logins++), claims)
    },
    good: (token) =>
      ofLogin(tokens.get(token)?.login ?? -1)
        .filter(([, { isGood, isLost }]) => isGood && !isLost)
        .map(([name]) => name),
    async refresh(name) {
      await wait()
      const mood = moods.shift() ?? 'well'
      const token = tokens.get(name)
      if (token === undefined) throw new Error('that was never issued')
      if (mood === 'down') {
        await wait()
        throw new NoAnswer('it is down', { lost: false })
      }
      if (mood === 'revoked') revokeLogin(token.login)
      const again = reuse && token.isUnsure
      if (!token.isGood && !again) {
        if (token.isUsed && !token.isUnsure) reused.push(name)
        revokeLogin(token.login)
        await wait()
        throw new Refused('invalid_grant')
      }
      Object.assign(token, { isGood: false, isUsed: true })
      const next = mint(token.login)
      const isLost = mood === 'lost'
      Object.assign(tokens.get(next) ?? {}, { isLost })
      token.isUnsure = isLost
      await wait()
      if (isLost) throw new NoAnswer('it was cut off', { lost: true })
      return answer(next)
    },
    async revoke(name) {
      await wait()
      const token = tokens.get(name)
      if (token !== undefined) token.isGood = false
      return true
    },
    authorizationUrl: never,
    read: never,
    judge: never,
    exchange: never,
    endSessionUrl: never,
    accept: never,
    readLogoutToken: never,
    reach: async () => {},
    rest: () => 0,
    isAnswering: true,
    close() {},
  }
}
