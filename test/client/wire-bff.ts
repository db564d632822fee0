/**
 * A BFF as far as the wire goes (DESIGN §6): answers exactly what a test scripts, so that a fault can be as precise as it must
 * be. Whole stories run against the real one.
 */
import { CSRF_HEADER, TANDEM_HEADER, cookieNames } from '../../src/protocol.js'
import type { WireSession } from '../../src/protocol.js'
import { createTestPlatform } from '../support/test-platform.js'
import type { TestPlatform, TestPlatformOptions } from '../support/test-platform.js'

export const MINUTE = 60_000

/** A call that arrived. */
export interface Arrived {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
  readonly signal: AbortSignal | null
}

export type Answer = (call: Arrived) => Response | Promise<Response>

export interface WireBff {
  readonly page: TestPlatform
  /** Who is signed in; null: nobody. */
  session: WireSession | null
  /** Why the last one is over: what the holder of its cookie is told. */
  last: { ended_by: string; at: number } | undefined
  /** Signs somebody in, with another cookie and another CSRF value. */
  signIn(sub: string, changes?: Changes): WireSession
  /** Scripts the next answer of a door or address, or of all that follow. */
  once(door: string, answer: Answer): void
  always(door: string, answer: Answer): void
  /** `METHOD path` of each request so far. */
  log(): string[]
  /** The page's next load, on the same BFF. */
  reload(address?: string): TestPlatform
  /** Another tab of the same browser, on the same BFF. */
  tab(): TestPlatform
}

export interface Changes {
  readonly app?: Partial<WireSession['app']>
  readonly idp?: Partial<WireSession['idp']>
  readonly access?: Partial<WireSession['access']>
  readonly authentication?: Partial<WireSession['authentication']>
}

let sessions = 0

export const wireSession = (sub: string, now: number, changes: Changes = {}): WireSession => ({
  ref: `ref-${(sessions += 1)}`,
  user: { sub },
  app: { started_at: now, ends_at: now + 600 * MINUTE, ...changes.app },
  idp: { status: 'active', ...changes.idp },
  access: {
    expires_at: now + 5 * MINUTE,
    extendable: true,
    scope: ['openid'],
    audience: ['https://api.test'],
    roles: [],
    ...changes.access,
  },
  authentication: { time: now, amr: ['pwd'], ...changes.authentication },
})

/** JSON from the BFF itself. */
export const own = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', [TANDEM_HEADER]: '1', ...headers },
  })

/** A problem of the BFF's own (RFC 9457). */
export const problem = (code: string, status: number, members: object = {}, headers = {}): Response =>
  own({ type: `about:blank#${code}`, title: code, status, code, ...members }, status, headers)

/** What something else answers: an upstream, or a proxy on the way. */
export const foreign = (body: string, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(body, { status, headers: { 'Content-Type': 'application/json', ...headers } })

/** Never answers, unless it is told to stop. */
export const silence: Answer = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

export const offline: Answer = () => Promise.reject(new TypeError('Failed to fetch'))

/** A page whose event stream another tab keeps, so that what it asks is what it was made to ask. */
const follower = (page: TestPlatform): TestPlatform => {
  const { tabs } = page
  return Object.assign(page, { tabs: (name: string) => ({ ...tabs(name), lead: () => () => {} }) })
}

export function createWireBff(options: TestPlatformOptions & { signedIn?: string } = {}): WireBff {
  const scripted = new Map<string, { once: Answer[]; always?: Answer }>()
  const script = (door: string): { once: Answer[]; always?: Answer } => {
    const found = scripted.get(door) ?? { once: [] }
    scripted.set(door, found)
    return found
  }

  const setCookies = (): void => {
    if (bff.session === null) return
    page.jar.set(cookieNames.hint, '1')
    page.jar.set(cookieNames.csrf, `${bff.session.ref}.mac`)
  }
  const sessionAnswer = (): Response =>
    bff.session === null
      ? own({ authenticated: false, ...(bff.last && { last: bff.last }) })
      : own({ authenticated: true, session: bff.session, now: page.clock.now() })

  const refused = ({ headers }: Arrived): Response | null => {
    if (bff.session === null) {
      return problem(
        'login_required',
        401,
        bff.last && { ended_by: bff.last.ended_by, ended_at: bff.last.at },
      )
    }
    const value = headers.get(CSRF_HEADER) ?? ''
    if (value === `${bff.session.ref}.mac`) return null
    return value.endsWith('.mac') ? problem('session_conflict', 409) : problem('csrf_failed', 403)
  }

  const doors: Record<string, Answer> = {
    'GET /bff/session': () => {
      setCookies()
      return sessionAnswer()
    },
    'POST /bff/refresh': (call) => {
      const refusal = refused(call)
      if (refusal !== null || bff.session === null) return refusal ?? sessionAnswer()
      const { expires_at: expires } = bff.session.access
      const { if_expires_at: known = expires } = JSON.parse(call.body) as { if_expires_at?: number }
      if (known === expires) {
        const access = { ...bff.session.access, expires_at: page.clock.now() + 5 * MINUTE }
        bff.session = { ...bff.session, access }
      }
      return sessionAnswer()
    },
    'POST /bff/logout': (call) => {
      const refusal = refused(call)
      if (refusal !== null) return refusal
      bff.session = null
      page.jar.clear()
      const { scope } = JSON.parse(call.body) as { scope: string }
      return own({ end_session_url: scope === 'idp' ? 'https://idp.test/end?hint=1' : null })
    },
    'GET /bff/token': (call) =>
      refused(call) ??
      own({
        access_token: `token-of-${bff.session?.user.sub}-${bff.session?.access.expires_at}`,
        expires_at: bff.session?.access.expires_at,
      }),
  }
  const upstream: Answer = (call) => refused(call) ?? foreign(JSON.stringify({ for: bff.session?.user.sub }))

  const fetch: NonNullable<TestPlatformOptions['fetch']> = async (input, init = {}) => {
    const url = new URL(String(input))
    const door = `${init.method ?? 'GET'} ${url.origin === page.address().origin ? url.pathname : url.href}`
    const call: Arrived = {
      method: init.method ?? 'GET',
      url,
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? init.body : '',
      signal: init.signal ?? null,
    }
    const { once, always } = script(door)
    const usual = doors[door] ?? (url.pathname.startsWith('/bff/api/') ? upstream : undefined)
    const answer = once.shift() ?? always ?? usual
    if (answer === undefined) throw new TypeError(`nothing answers ${door}`)
    return answer(call)
  }
  let page = follower(createTestPlatform({ ...options, fetch }))
  const bff: WireBff = {
    get page() {
      return page
    },
    session: null,
    last: undefined,
    signIn(sub, changes) {
      bff.session = wireSession(sub, page.clock.now(), changes)
      setCookies()
      return bff.session
    },
    once: (door, answer) => void script(door).once.push(answer),
    always: (door, answer) => void (script(door).always = answer),
    log: () =>
      page.requests.map(({ method, url }) => {
        const { origin, pathname, search, href } = new URL(url)
        return `${method} ${origin === page.address().origin ? pathname + search : href}`
      }),
    reload: (address) => (page = follower(page.reload(address))),
    tab: () => follower(createTestPlatform({ browser: page.browser, fetch })),
  }
  if (options.signedIn !== undefined) bff.signIn(options.signedIn)
  return bff
}
