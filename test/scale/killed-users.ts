/** Users of one `tandem-bff` that may be killed at any moment; and what each of their sessions must be like afterwards. */
import { expect } from 'vitest'
import { request } from 'undici'
import { cookieNames } from '../../src/protocol.js'
import type { SessionAnswer } from '../../src/protocol.js'
import type { Chance } from '../support/seeded.js'
import { createUserAgent } from '../support/user-agent.js'

/** A session as its user knows it: the answers to what was done with it have arrived, or they have not. */
export interface Known {
  readonly user: string
  readonly cookie: string
  readonly csrf: string
  /** `ending`: something was begun that ends it, and whether it was done is not known. */
  state: 'live' | 'ending' | 'ended'
  /** Until when access lasts, as far as was told; ms. */
  accessUntil: number
}

/** A browser and what its user has done. */
export interface KilledUser {
  /** All sessions whose login was answered, oldest first. */
  readonly sessions: readonly Known[]
  /** Does one thing after the other until the BFF does not answer any more; `done` is called for each that was answered. */
  goOn(done: () => void): Promise<void>
}

/** @param url of the BFF; @param user a name the provider knows */
export function killedUser(url: string, user: string, chance: Chance): KilledUser {
  const agent = createUserAgent()
  const sessions: Known[] = []
  const cookie = (name: 'session' | 'csrf'): string | undefined =>
    agent.cookies.get(url, cookieNames[name])?.value

  /** Also with a session: then it is a step-up, and the session before is over with its answer. */
  async function login(old: Known | undefined): Promise<void> {
    const before = cookie('session')
    if (old !== undefined) old.state = 'ending'
    const demanded = old === undefined ? '' : `&acr_values=${chance.pick(['pwd', 'mfa'])}`
    try {
      await agent.navigate(`${url}/bff/login?return_to=/healthz${demanded}`, { from: `${url}/` })
      if (agent.page?.url.origin !== url) await agent.login(user)
    } finally {
      // The callback's answer has arrived, whatever came after it.
      const now = cookie('session')
      if (now !== undefined && now !== before) {
        if (old !== undefined) old.state = 'ended'
        sessions.push({ user, cookie: now, csrf: cookie('csrf') ?? '', state: 'live', accessUntil: 0 })
      }
    }
  }

  const send = (path: string, { csrf }: Known, init: RequestInit = {}): Promise<Response> =>
    agent.fetch(`${url}${path}`, {
      method: 'POST',
      from: `${url}/`,
      ...init,
      headers: { 'X-CSRF-Token': csrf, 'Content-Type': 'application/json' },
    })

  async function logout(session: Known): Promise<void> {
    session.state = 'ending'
    const body = JSON.stringify({ scope: chance.pick(['app', 'idp']) })
    const { status } = await send('/bff/logout', session, { body })
    expect(status).toBe(200)
    session.state = 'ended'
  }

  async function refresh(session: Known): Promise<void> {
    const answer = await send('/bff/refresh', session)
    // 503: another process held the lease when it was killed.
    if (answer.status === 503) return
    expect(answer.status).toBe(200)
    const told = (await answer.json()) as SessionAnswer
    if (told.authenticated) session.accessUntil = told.session.access.expires_at
  }

  async function step(): Promise<void> {
    const held = sessions.find((one) => one.cookie === cookie('session'))
    // What was being ended when the process was killed may be over or not: it is signed in anew.
    if (held?.state !== 'live') return login(undefined)
    const chosen = chance.below(10)
    if (chosen < 2) return login(held)
    if (chosen < 4) return refresh(held)
    if (chosen < 6) return logout(held)
    if (chosen < 9) {
      // In another browser, so to speak: the session stays as it is.
      for (const name of ['session', 'csrf', 'hint', 'login'] as const)
        agent.cookies.delete(url, cookieNames[name])
      return login(undefined)
    }
    const { status } = await send('/bff/api/api/orders', held, { body: '{}' })
    expect(status).toBe(201)
  }

  return {
    sessions,
    async goOn(done) {
      for (;;) {
        try {
          await step()
        } catch (error) {
          if (isCut(error)) return
          throw error
        }
        done()
      }
    },
  }
}

/** The connection broke, or there was none to be had. An answer may also break off in its body. */
function isCut(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause)
    if (/^(ECONN|EPIPE|UND_ERR_SOCKET)/.test(String((one as NodeJS.ErrnoException).code))) return true
  return error instanceof TypeError && error.message === 'terminated'
}

/** How a session is now: both of them say the same, or this fails. */
export async function stateOf(
  url: string,
  { user, cookie, csrf, accessUntil }: Known,
): Promise<'live' | { readonly endedBy: string }> {
  const headers = {
    cookie: `${cookieNames.session}=${cookie}; ${cookieNames.csrf}=${csrf}; ${cookieNames.hint}=1`,
    'x-csrf-token': csrf,
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'cors',
    'user-agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'content-type': 'application/json',
  }
  const asked = await request(`${url}/bff/session`, { headers })
  const told = (await asked.body.json()) as SessionAnswer
  const call = await request(`${url}/bff/api/api/orders`, { method: 'POST', headers, body: '{}' })
  const answer = (await call.body.json()) as { readonly created_by?: string; readonly code?: string }
  if (!told.authenticated) {
    // Neither unknown nor unreadable: it is over, and who ended it is there.
    expect([call.statusCode, answer.code]).toEqual([401, 'login_required'])
    return { endedBy: told.last?.ended_by ?? 'nobody' }
  }
  expect([call.statusCode, answer.created_by]).toEqual([201, user])
  expect(told.session.user['sub']).toBe(user)
  expect(told.session.access.expires_at).toBeGreaterThanOrEqual(accessUntil)
  return 'live'
}
