import { describe, expect, it, onTestFinished } from 'vitest'
import type { BffOptions } from '../../src/bff/options.js'
import { ORIGIN, problemOf, startOddBench } from '../bff/bench.js'
import { manualTime } from '../bff/manual-time.js'
import { listenTo } from '../support/event-stream.js'
import { REFUSALS } from '../support/misbehaving-provider.js'
import type { Traits } from '../support/misbehaving-provider.js'

/** What the token endpoint's answers have beside what is in them. */
interface Extra {
  refresh_expires_in?: number
}

/** Signed in and listening, in a time that stands still: so what is due can be told to the millisecond. */
async function signedIn(session: BffOptions['session'], traits: Partial<Traits> = {}, extra: Extra = {}) {
  const time = manualTime()
  const bench = await startOddBench(
    { refreshAnswersIdToken: false, ...traits },
    {
      bff: (base) => ({ ...base, session: session ?? {} }),
      edges: {
        ...time,
        async fetch(input, init) {
          const answer = await fetch(input, init)
          if (!String(input).endsWith('/token') || !answer.ok) return answer
          return Response.json({ ...((await answer.json()) as object), ...extra })
        },
      },
    },
  )
  await bench.browser.login()
  const stream = listenTo(await bench.browser.fetch('/bff/events', { csrf: null }))
  onTestFinished(() => stream.leave())
  await stream.next('session')
  const { browser, idp } = bench
  return {
    ...bench,
    time,
    stream,
    extra,
    start: await browser.signedIn(),
    refreshes: (): number => idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token').length,
    until: (moment: number): Promise<void> => time.advance(moment - time.now()),
    call: (): Promise<Response> => browser.fetch('/bff/api/echo/x'),
    /** Renews as the timer of a page does. */
    renew: async (): Promise<Response> => {
      const { access } = await browser.signedIn()
      return browser.post('/bff/refresh', { if_expires_at: access.expires_at })
    },
  }
}

type Bench = Awaited<ReturnType<typeof signedIn>>

const causes: Record<
  string,
  { session?: BffOptions['session']; traits?: () => Partial<Traits>; end(bench: Bench): Promise<unknown> }
> = {
  'a logout token': {
    async end({ bff, idp }) {
      const body = new URLSearchParams({ logout_token: await idp.logoutToken({ sid: idp.traits.sid }) })
      return bff.fetch(new Request(`${ORIGIN}/bff/backchannel-logout`, { method: 'POST', body }))
    },
  },
  'a front-channel logout': {
    async end({ bff, idp }) {
      const query = new URLSearchParams({ iss: idp.issuer, sid: idp.traits.sid ?? '' })
      return bff.fetch(new Request(`${ORIGIN}/bff/frontchannel-logout?${query}`))
    },
  },
  'its session_expiry': {
    traits: () => ({ user: { sub: 'alice', session_expiry: Math.floor(Date.now() / 1000) + 100 } }),
    end: ({ until, start }) => until(start.idp.ends_at ?? 0),
  },
  'its known lifetime': {
    session: { idpLifetime: 100 },
    end: ({ until, start }) => until(start.idp.ends_at ?? 0),
  },
  'a refused refresh': {
    end({ idp, renew }) {
      idp.traits.refuseRefresh = REFUSALS.invalid_grant
      return renew()
    },
  },
}

const rows = (['logout', 'expired'] as const).flatMap((policy) =>
  Object.keys(causes)
    .filter((cause) => cause.includes('logout') === (policy === 'logout'))
    .map((cause) => {
      const idpWord = policy === 'logout' ? 'logout' : cause.startsWith('its') ? 'expired' : 'unknown'
      return [cause, policy, idpWord, policy === 'logout' ? 'logout' : 'idp_session_over'] as const
    }),
)

const start = (cause: string, policy: 'logout' | 'expired', does: 'end' | 'rely'): Promise<Bench> => {
  const { session = {}, traits = () => ({}) } = causes[cause] ?? {}
  const other = does === 'end' ? 'rely' : 'end'
  const whenIdpSessionEnds = { logout: other, expired: other, [policy]: does } as const
  return signedIn({ ...session, whenIdpSessionEnds }, traits())
}

describe.each(rows)('the end of the IDP session by %s', (cause, policy, idpWord, word) => {
  it(`where "${policy}" relies: calls are answered until access expires, then 401; nothing is extended`, async () => {
    const bench = await start(cause, policy, 'rely')
    const { browser, stream, time, call, until, idp, refreshes } = bench
    const { access } = bench.start
    await causes[cause]?.end(bench)
    const asked = refreshes()
    await time.advance(0)
    expect(await stream.next('idp_session_ended')).toEqual({ ended_by: idpWord, until: access.expires_at })
    idp.traits.refuseRefresh = null

    await until(access.expires_at - 1)
    expect((await call()).status).toBe(200)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    const session = await browser.signedIn()
    expect(session.idp).toMatchObject({ status: 'ended', ended_by: idpWord })
    expect(session.access).toMatchObject({ extendable: false, expires_at: access.expires_at })

    await until(access.expires_at)
    const over = await call()
    expect(over.status).toBe(401)
    expect(over.headers.get('www-authenticate')).toMatch(/^Bearer/)
    const ended = { ended_by: word, at: access.expires_at }
    expect(await problemOf(over)).toMatchObject({
      code: 'login_required',
      ended_by: word,
      ended_at: ended.at,
    })
    expect(await browser.session()).toEqual({ authenticated: false, last: ended })
    await stream.ended
    expect(stream.of('ended')).toEqual([ended])
    expect(stream.of('idp_session_ended')).toHaveLength(1)
    expect(refreshes()).toBe(asked)
  })

  it(`where "${policy}" ends: the app session is over at once`, async () => {
    const bench = await start(cause, policy, 'end')
    const { browser, stream, time, call } = bench
    await causes[cause]?.end(bench)
    const at = time.now()
    const over = await call()
    expect(over.status).toBe(401)
    expect(await problemOf(over)).toMatchObject({ code: 'login_required', ended_by: word })
    expect(await browser.session()).toEqual({ authenticated: false, last: { ended_by: word, at } })
    await stream.ended
    expect(stream.of('ended')).toEqual([{ ended_by: word, at }])
    expect(stream.of('idp_session_ended')).toEqual([])
  })
})

describe('a cap', () => {
  it('on the refresh token shows as extendable_until, and is kept to the millisecond', async () => {
    const bench = await signedIn({}, {}, { refresh_expires_in: 120 })
    const { browser, start: first, until, renew, refreshes, extra, call, stream } = bench
    const cap = first.access.extendable_until ?? 0
    expect(cap).toBe(first.app.started_at + 120_000)
    // What the answer to a renewal does not say anew stands.
    delete extra.refresh_expires_in
    await until(cap - 1)
    expect((await renew()).status).toBe(200)
    expect(refreshes()).toBe(1)
    const { access } = await browser.signedIn()
    expect(access).toMatchObject({ extendable_until: cap, expires_at: cap - 1 + 300_000 })
    await until(cap)
    expect(stream.of('session').at(-1)).toMatchObject({ session: { access: { extendable: false } } })
    expect((await renew()).status).toBe(200)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect(refreshes()).toBe(1)
    await until(access.expires_at - 1)
    expect((await call()).status).toBe(200)
    await until(access.expires_at)
    expect(await problemOf(await call())).toMatchObject({ ended_by: 'idp_session_over' })
    expect(refreshes()).toBe(1)
    await stream.ended
  })

  it('on the refresh token moves where the IDP says so', async () => {
    const { browser, extra, until, renew, start: first } = await signedIn({}, {}, { refresh_expires_in: 120 })
    await until(first.app.started_at + 60_000)
    extra.refresh_expires_in = 200
    await renew()
    expect((await browser.signedIn()).access.extendable_until).toBe(first.app.started_at + 260_000)
  })

  it('by session_expiry shows as idp.ends_at; a configured lifetime does not outlive it', async () => {
    const expiry = Math.floor(Date.now() / 1000) + 200
    const traits = { user: { sub: 'alice', session_expiry: expiry } }
    const { browser, until, renew, refreshes, idp } = await signedIn({ idpLifetime: 5_000 }, traits)
    const end = async (): Promise<unknown> => (await browser.signedIn()).idp.ends_at
    expect(await end()).toBe(expiry * 1000)
    await until(expiry * 1000 - 100_000)
    await renew()
    expect(await end()).toBe(expiry * 1000)
    Object.assign(idp.traits, {
      refreshAnswersIdToken: true,
      user: { sub: 'alice', session_expiry: expiry + 30 },
    })
    await renew()
    expect(await end()).toBe((expiry + 30) * 1000)
    await until((expiry + 30) * 1000 - 1)
    Object.assign(idp.traits, { refreshAnswersIdToken: false })
    await renew()
    expect([refreshes(), (await browser.signedIn()).idp.status]).toEqual([3, 'active'])
    await until((expiry + 30) * 1000)
    await renew()
    expect([refreshes(), (await browser.signedIn()).idp.ended_by]).toEqual([3, 'expired'])
  })

  it('by a known lifetime moves with each issuance of tokens, and with nothing else', async () => {
    const { browser, until, renew, refreshes, start: first, call } = await signedIn({ idpLifetime: 250 })
    const begin = first.app.started_at
    const end = async (): Promise<unknown> => (await browser.signedIn()).idp.ends_at
    expect(await end()).toBe(begin + 250_000)
    await until(begin + 200_000)
    await call()
    await browser.post('/bff/refresh', { active: true })
    expect(await end()).toBe(begin + 250_000)
    await renew()
    expect(await end()).toBe(begin + 450_000)
    await until(begin + 450_000)
    // Too late: what is over is not brought back.
    await renew()
    expect(await end()).toBe(begin + 450_000)
    expect([refreshes(), (await browser.signedIn()).idp.status]).toEqual([1, 'ended'])
  })

  it('by the absolute end of the app session is kept whatever the IDP and the page say', async () => {
    const { browser, until, renew, call, start: first } = await signedIn({ absolute: 400, idle: 390 })
    await until(first.app.ends_at - 100_000)
    expect((await renew()).status).toBe(200)
    expect((await browser.post('/bff/refresh', { active: true })).status).toBe(200)
    await until(first.app.ends_at - 1)
    expect((await call()).status).toBe(200)
    await until(first.app.ends_at)
    expect(await problemOf(await call())).toMatchObject({
      ended_by: 'app_session_over',
      ended_at: first.app.ends_at,
    })
  })
})
