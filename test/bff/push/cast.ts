import type { Mood } from './rotation.js'
import { contentOfLogin } from '../../../src/bff/sessions/content.js'
import { keyOf } from '../../../src/bff/sessions/sessions.js'
import type { UserFilter } from '../../../src/bff/sessions/sessions.js'
import type { Lookup, OpenSession } from '../../../src/bff/sessions/parts.js'
import { listenTo } from '../../support/event-stream.js'
import type { Listening } from '../../support/event-stream.js'
import type { Tangle } from './tangle.js'

/** Something that somebody does. */
export type Deed =
  | { readonly type: 'login'; readonly browser: number; readonly user: number; readonly instance: number }
  | {
      readonly type: 'refresh' | 'call' | 'listen' | 'logout' | 'stepUp'
      readonly browser: number
      readonly instance: number
    }
  | {
      readonly type: 'token'
      readonly by: 'sub' | 'sid' | 'both'
      readonly browser: number
      readonly user: number
      readonly instance: number
    }
  | { readonly type: 'admin'; readonly user: number; readonly instance: number }
  | { readonly type: 'mood'; readonly mood: Mood }
  | { readonly type: 'pass'; readonly ms: number }

/** Browsers, an IDP that tells of logouts, and an administrator. Moments are steps of the tangle. */
export interface Cast {
  /** Begins a deed; resolves when it is done. */
  start(deed: Deed): Promise<void>
  /** Sessions that began: when their tokens were asked for, and whose they are. */
  readonly births: {
    readonly ref: string
    readonly asked: number
    readonly sub: string
    readonly sid: string | undefined
  }[]
  /** Ends that were told of: when they began. */
  readonly logouts: { readonly whose: UserFilter; readonly at: number; readonly byAdministrator: boolean }[]
  readonly streams: { readonly key: string; readonly listening: Listening }[]
}

const subOf = (user: number): string => `user-${user}`
/** One browser's sessions have no `sid`. */
const sidOf = (browser: number, user: number): string | undefined =>
  browser === 2 ? undefined : `sid-${browser}-${user}`

export function createCast(tangle: Tangle): Cast {
  const { instances, idp, lives, faults } = tangle
  const cookies: (string | undefined)[] = []
  const users: (number | undefined)[] = []
  const cast: Omit<Cast, 'start'> = { births: [], logouts: [], streams: [] }
  let tokens = 0
  const at = (instance: number): Tangle['instances'][number] => instances[instance] ?? instances[0]!

  /** What is done with a session: never with one that was dead, or with more than it had, before it was begun. */
  async function withSession(
    browser: number,
    instance: number,
    work: (open: OpenSession) => Promise<Lookup | null>,
  ): Promise<void> {
    const cookie = cookies[browser]
    if (cookie === undefined) return
    const life = lives.get((await keyOf(cookie)) ?? '')
    const [wasDead, wasEnded] = [life?.grave !== undefined, life?.idpEndedAt !== undefined]
    const check = (lookup: Lookup | null): void => {
      if (lookup?.state !== 'live') return
      if (wasDead) faults.push('a dead session was opened')
      if (wasEnded && lookup.session.idp.status !== 'ended') faults.push('an ended IDP session was forgotten')
    }
    const lookup = await at(instance).sessions.find(cookie, 'look')
    check(lookup)
    if (lookup.state === 'live') check(await work(lookup.open))
  }

  async function login(browser: number, user: number, instance: number): Promise<void> {
    const { sessions } = at(instance)
    const [sub, sid] = [subOf(user), sidOf(browser, user)]
    const began = tangle.now()
    await tangle.wait()
    const since = { began, asked: tangle.now() }
    const asked = tangle.step()
    await tangle.wait()
    const content = contentOfLogin(idp.issue(sub, sid), {
      resource: undefined,
      idpLifetime: null,
      now: tangle.now(),
    })
    const old = cookies[browser]
    if (old !== undefined) await sessions.supersede((await keyOf(old)) ?? '', sub, 'login')
    const open = await sessions.begin(content, { userAgent: 'test', since, request: 'born' })
    if (open === null) return
    cookies[browser] = open.cookie
    users[browser] = user
    cast.births.push({ ref: open.record.ref, asked, sub, sid })
  }

  return {
    ...cast,
    async start(deed) {
      switch (deed.type) {
        case 'login':
          return login(deed.browser, deed.user, deed.instance)
        case 'stepUp': {
          const user = users[deed.browser]
          return user === undefined ? undefined : login(deed.browser, user, deed.instance)
        }
        case 'refresh':
          return withSession(deed.browser, deed.instance, async (open) => {
            const { expiresAt: beyond } = open.content.access
            const wanted = { resource: null, beyond, request: 'refresh' }
            const renewal = await at(deed.instance).sessions.renew(open, wanted)
            return renewal.state === 'unavailable' ? null : renewal
          })
        case 'call':
          return withSession(deed.browser, deed.instance, (open) =>
            at(deed.instance).sessions.use(open, 'call'),
          )
        case 'logout':
          return withSession(deed.browser, deed.instance, (open) =>
            at(deed.instance).sessions.end(open, 'logout', 'logout'),
          )
        case 'listen':
          return withSession(deed.browser, deed.instance, async (open) => {
            const { sessions, streams } = at(deed.instance)
            const lookup = await sessions.again(open, 'listen')
            if (lookup.state !== 'live') return lookup
            const body = streams.open(lookup, 'listen', new AbortController().signal)
            const answer = new Response(body, { headers: { 'content-type': 'text/event-stream' } })
            cast.streams.push({ key: open.record.key, listening: listenTo(answer) })
            return lookup
          })
        case 'token': {
          const [sub, sid] = [subOf(deed.user), sidOf(deed.browser, deed.user) ?? 'sid-unknown']
          const whose = deed.by === 'both' ? { sub, sid } : deed.by === 'sub' ? { sub } : { sid }
          const since = tangle.step()
          const token = { whose, jti: `jti-${tokens++}`, until: tangle.now() + 600_000 }
          await at(deed.instance).sessions.takeLogout(token, 'token')
          cast.logouts.push({ whose, at: since, byAdministrator: false })
          return
        }
        case 'admin': {
          const whose = { sub: subOf(deed.user) }
          const since = tangle.step()
          await at(deed.instance).sessions.endAll(whose, 'revoked', 'admin')
          cast.logouts.push({ whose, at: since, byAdministrator: true })
          return
        }
        case 'mood':
          idp.moods.push(deed.mood)
          return
        case 'pass':
          tangle.pass(deed.ms)
      }
    },
  }
}
