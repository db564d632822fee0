/** Browsers before the doors of two instances, an IDP that tells of logouts, and an administrator; and what must not be, as they see it. */
import { cookieNames } from '../../../src/protocol.js'
import { cookiesOf, createAsking, navigation, page } from './asking.js'
import type { Asking, Held } from './asking.js'
import type { Deed } from './cast.js'
import type { Doors, Instance } from './doors.js'
import { errand } from './errands.js'
import type { Errand, Errands } from './errands.js'

/** An end. */
interface Kill {
  /** Whether the session was there, or on its way, when the end was begun. */
  isMeant(held: Held): boolean
  /** Whether it is of those the end is for, whenever it began. */
  mayBeMeant(held: Held): boolean
  /** Whether it was said to be done. */
  isDone: boolean
}

/** All of them. */
export interface Crowd extends Pick<Asking, 'streams' | 'faults'> {
  /** Begins a deed; resolves when it is done. `seed` says how. */
  start(deed: Deed, seed: number): Promise<void>
  readonly sessions: readonly Held[]
  /** Whether it was said of this session that it is over. */
  isOver(held: Held): boolean
  /** Whether nobody tried to end it. */
  isLeftAlone(held: Held): boolean
  /** Everything that can be done with a session that is over, at both instances; they say who ended it. */
  tryAll(held: Held): Promise<void>
  /** What must be possible with a session that goes on. */
  tryOne(held: Held): Promise<void>
}

/** @param name of the run: its users are nobody else's */
export function createCrowd({ instances, provider, pass }: Doors, errands: Errands, name: string): Crowd {
  const sessions: Held[] = []
  const kills: Kill[] = []
  const moods: Errand['mood'][] = []
  const current: (Held | undefined)[] = []
  let steps = 0
  const at = (instance: number): Instance => instances[instance === 0 ? 0 : 1]
  const isOver = (held: Held): boolean => kills.some(({ isMeant, isDone }) => isDone && isMeant(held))
  const asking = createAsking(isOver)
  const { faults, call, session, refresh, listen } = asking

  /** What was said to be over is asked for at once, everywhere. */
  async function doubt(one: Kill): Promise<void> {
    const held = sessions.findLast(one.isMeant)
    if (held === undefined) return
    const own = errands.begin('swift')
    await Promise.all(instances.map((instance) => call(held, instance, own)))
  }

  /** An end is done with once its answer is there. */
  async function kill(
    mayBeMeant: Kill['mayBeMeant'],
    isThere: Kill['isMeant'],
    work: () => Promise<boolean>,
  ): Promise<void> {
    const isMeant = (held: Held): boolean => mayBeMeant(held) && isThere(held)
    const one: Kill = { mayBeMeant, isMeant, isDone: false }
    kills.push(one)
    one.isDone = await work()
    if (!one.isDone) return
    await doubt(one)
    errands.letGo()
  }

  async function login(
    browser: number,
    user: number,
    began: Instance,
    ended: Instance,
    own: Errand,
  ): Promise<void> {
    const old = current[browser]
    const [sub, sid] = [`${name}-user-${user}`, browser === 2 ? null : `${name}-sid-${browser}-${user}`]
    const cookie = old === undefined ? {} : { cookie: old.headers['cookie'] ?? '' }
    let asked = Infinity
    own.asks = () => void (asked = ++steps)
    const isOld = (held: Held): boolean => held === old
    const replacing: Kill = { isMeant: isOld, mayBeMeant: isOld, isDone: false }
    if (old !== undefined) kills.push(replacing)

    const start = await began.send(
      { path: '/bff/login?return_to=/', headers: { ...navigation, ...cookie } },
      own,
    )
    const request = String(start.headers['location'])
    if (!request.startsWith(provider.issuer)) return void faults.push(`no login: ${start.status} ${request}`)
    const { pathname, search } = provider.signIn(request, sub, sid)
    const transaction = cookiesOf(start).get(cookieNames.login) ?? ''
    const arrived = await ended.send(
      { path: pathname + search, headers: { ...navigation, cookie: `${cookieNames.login}=${transaction}` } },
      own,
    )
    const cookies = cookiesOf(arrived)
    const csrf = cookies.get(cookieNames.csrf)
    // The IDP has told of a logout meanwhile.
    if (csrf === undefined) return
    replacing.isDone = true
    await doubt(replacing)
    const all = [cookieNames.session, cookieNames.csrf, cookieNames.hint]
    const headers = {
      ...page,
      cookie: all.map((one) => `${one}=${cookies.get(one)}`).join('; '),
      'x-csrf-token': csrf,
    }
    const held: Held = { headers, user, sub, sid, asked, born: ++steps }
    sessions.push(held)
    current[browser] = held
  }

  async function act(deed: Deed, seed: number, own: Errand): Promise<void> {
    if (deed.type === 'mood') return void moods.push(deed.mood)
    if (deed.type === 'pass') return pass(deed.ms)
    const instance = at(deed.instance)
    if (deed.type === 'admin') {
      const since = ++steps
      const sub = `${name}-user-${deed.user}`
      const isTheirs = (held: Held): boolean => held.sub === sub
      return kill(
        isTheirs,
        ({ born }) => born < since,
        async () => {
          const ended = errand.run(own, () => instance.bff.sessions.end({ sub }))
          // A store that does not answer in time: nothing was said to be over.
          return ended.then(
            () => true,
            () => false,
          )
        },
      )
    }
    // Whoever has no session of their own is at the first browser.
    const held = current[deed.browser] ?? current.find((one) => one !== undefined)
    switch (deed.type) {
      case 'login':
        return login(deed.browser, deed.user, instance, at(seed % 2), own)
      case 'stepUp':
        if (held !== undefined) await login(current.indexOf(held), held.user, instance, at(seed % 2), own)
        return
      case 'token': {
        const since = ++steps
        const [sub, sid] = [`${name}-user-${deed.user}`, `${name}-sid-${deed.browser}-${deed.user}`]
        const whose =
          deed.by === 'both'
            ? { sub, sid }
            : deed.by === 'sub'
              ? { sub, sid: undefined }
              : { sid, sub: undefined }
        const isTheirs = (one: Held): boolean =>
          (whose.sub === undefined || whose.sub === one.sub) &&
          (whose.sid === undefined || whose.sid === one.sid || (one.sid === null && whose.sub === one.sub))
        const body = new URLSearchParams({ logout_token: await provider.logoutToken(whose) }).toString()
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const path = '/bff/backchannel-logout'
        return kill(
          isTheirs,
          ({ asked }) => asked < since,
          async () => (await instance.send({ method: 'POST', path, headers, body }, own)).status === 200,
        )
      }
    }
    if (held === undefined) return
    switch (deed.type) {
      case 'call':
        await call(held, instance, own, seed % 4 === 0 ? 'POST' : 'GET')
        // Once more, and it is like one before; there, and here.
        await Promise.all([call(held, instance, own), call(held, at(1 - deed.instance), own)])
        return void (await session(held, instance, own))
      case 'refresh':
        own.mood = moods.shift() ?? 'well'
        return void (await refresh(held, instance, own))
      case 'listen':
        return listen(held, instance, own)
      case 'logout': {
        const body = JSON.stringify({ scope: seed % 2 === 0 ? 'app' : 'idp' })
        const headers = { ...held.headers, 'content-type': 'application/json' }
        const sent = { method: 'POST', path: '/bff/logout', headers, body } as const
        return kill(
          (one) => one === held,
          () => true,
          async () => (await instance.send(sent, own)).status === 200,
        )
      }
    }
  }

  const isEnd = ({ type }: Deed): boolean => ['token', 'admin', 'logout'].includes(type)
  return {
    ...{ sessions, faults, isOver },
    streams: asking.streams,
    isLeftAlone: (held) => kills.every(({ mayBeMeant }) => !mayBeMeant(held)),
    start: (deed, seed) =>
      act(deed, seed, errands.begin(isEnd(deed) ? 'slow' : sessions.length > 0 ? 'patient' : 'swift')),
    async tryAll(held) {
      const own = errands.begin('swift')
      const tried = instances.map(async (one) => {
        const [called, told] = await Promise.all([
          call(held, one, own),
          session(held, one, own),
          refresh(held, one, own),
          listen(held, one, own),
        ])
        for (const { answered, granted } of [called, told])
          if (!granted && !answered.text.includes('"ended_by"'))
            faults.push(`nobody knows any more who ended a session: ${answered.status} ${answered.text}`)
      })
      await Promise.all(tried)
    },
    async tryOne(held) {
      const own = errands.begin('swift')
      const one = at(held.born % 2)
      const { answered, granted } = await call(held, one, own)
      if (!granted || !(await session(held, one, own)).granted)
        faults.push(`a session that nobody ended was refused: ${answered.status} ${answered.text}`)
    },
  }
}
