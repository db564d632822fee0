import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ORIGIN, startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'

/** An odd bench whose next token answer can be held on its way back. */
async function start(logout: 'end' | 'rely' = 'end') {
  const held: (() => void)[] = []
  const line = { holds: false }
  const bench = await startOddBench(
    {},
    {
      bff: (base) => ({ ...base, session: { whenIdpSessionEnds: { logout } } }),
      edges: {
        async fetch(input, init) {
          const answer = await globalThis.fetch(input, init)
          if (line.holds && String(input).endsWith('/token'))
            await new Promise<void>((resolve) => void held.push(resolve))
          return answer
        },
      },
    },
  )
  const release = (): void => {
    line.holds = false
    for (const go of held.splice(0)) go()
  }
  onTestFinished(release)
  return {
    ...bench,
    /** Begins something that asks for tokens; resolves when the IDP has answered and nobody has heard it yet. */
    async holding<Result>(work: () => Promise<Result>): Promise<{ result: Promise<Result> }> {
      line.holds = true
      const result = work()
      await vi.waitFor(() => expect(held).toHaveLength(1))
      return { result }
    },
    release,
    async logout(claims: Record<string, unknown>): Promise<void> {
      const body = new URLSearchParams({ logout_token: await bench.idp.logoutToken(claims) })
      const url = `${ORIGIN}/bff/backchannel-logout`
      expect((await bench.bff.fetch(new Request(url, { method: 'POST', body }))).status).toBe(200)
    },
  }
}

type Started = Awaited<ReturnType<typeof start>>

const whose = ({ idp: { traits } }: Started) => ({ sub: traits.user.sub, sid: traits.sid })

describe('a logout at the IDP while a login is on its way', () => {
  it.each([['sid'], ['sub'], ['sub', 'sid']] as const)(
    'by %s %s leaves nobody signed in, and no refresh token good; the next login is another one',
    async (...names) => {
      const bench = await start()
      const { browser, idp } = bench
      const { result } = await bench.holding(() => browser.login())
      const all: Record<string, unknown> = whose(bench)
      await bench.logout(Object.fromEntries(names.map((name) => [name, all[name]])))
      bench.release()
      expect((await result).href).toBe(`${ORIGIN}/app?login_error=login_required`)
      expect(await browser.session()).toEqual({ authenticated: false })
      expect(await bench.bff.sessions.list({ sub: idp.traits.user.sub })).toEqual([])
      await vi.waitFor(() => expect(idp.count('revocation')).toBe(1))

      expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
      expect((await browser.session()).authenticated).toBe(true)
    },
  )

  it('of a user who is told no sid counts by sub and any sid', async () => {
    const bench = await start()
    bench.idp.traits.sid = null
    const { sub } = whose(bench)
    const { result } = await bench.holding(() => bench.browser.login())
    await bench.logout({ sub: 'another', sid: 'one' })
    await bench.logout({ sub, sid: 'one' })
    bench.release()
    expect((await result).href).toBe(`${ORIGIN}/app?login_error=login_required`)
    expect((await bench.browser.login()).href).toBe(`${ORIGIN}/app`)
  })

  it('by another sid, or another sub beside the sid, is not about it', async () => {
    const bench = await start()
    const { result } = await bench.holding(() => bench.browser.login())
    const { sub, sid } = whose(bench)
    await bench.logout({ sid: 'another' })
    await bench.logout({ sub: 'another', sid })
    await bench.logout({ sub, sid: 'another' })
    bench.release()
    expect((await result).href).toBe(`${ORIGIN}/app`)
    expect((await bench.browser.session()).authenticated).toBe(true)
  })

  it('counts by sid from the moment the login began, for the IDP’s page may be open long', async () => {
    const bench = await start()
    const { browser } = bench
    const { url } = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, {
      from: `${ORIGIN}/`,
      stopAt: ({ pathname }) => pathname === '/bff/callback',
    })
    const { sub, sid } = whose(bench)
    // Not by sub: whoever signs in after a logout is signed in.
    await bench.logout({ sub })
    await bench.logout({ sid })
    const page = await browser.agent.navigate(url, { from: bench.idp.issuer })
    expect(page.url.href).toBe(`${ORIGIN}/app?login_error=login_required`)
  })
})

const afterLogin = async (logout?: 'rely'): Promise<Started & { expiresAt: number }> => {
  const bench = await start(logout)
  await bench.browser.login()
  return { ...bench, expiresAt: (await bench.browser.signedIn()).access.expires_at }
}

const refreshed = (browser: Browser) => browser.post('/bff/refresh')

describe('a logout at the IDP while a renewal is on its way', () => {
  it('stays: the renewal brings nothing back, and what it got is revoked', async () => {
    const bench = await afterLogin()
    const { browser, idp } = bench
    const { result } = await bench.holding(() => refreshed(browser))
    await bench.logout({ sid: idp.traits.sid })
    expect((await browser.session()).authenticated).toBe(false)
    bench.release()
    expect((await result).status).toBe(401)
    expect(await browser.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
    await vi.waitFor(() => expect(idp.count('revocation')).toBe(1))
  })

  it('stays also where the app relies on what it has: nothing is extended', async () => {
    const bench = await afterLogin('rely')
    const { browser, idp, expiresAt } = bench
    bench.clock.advance(100)
    const { result } = await bench.holding(() => refreshed(browser))
    await bench.logout({ sub: idp.traits.user.sub })
    bench.release()
    expect((await result).status).toBe(200)
    expect(await browser.signedIn()).toMatchObject({
      idp: { status: 'ended', ended_by: 'logout' },
      access: { expires_at: expiresAt, extendable: false },
    })
    await vi.waitFor(() => expect(idp.count('revocation')).toBe(1))
  })

  it('stays the reason where the renewal is refused then', async () => {
    const bench = await afterLogin('rely')
    const { browser, idp } = bench
    idp.revokeAll()
    const { result } = await bench.holding(() => refreshed(browser))
    await bench.logout({ sub: idp.traits.user.sub })
    bench.release()
    await result
    expect((await browser.signedIn()).idp).toMatchObject({ status: 'ended', ended_by: 'logout' })
  })
})

describe('where the app relies on what it has', () => {
  it('a logout is written on every session it is about, once', async () => {
    const bench = await afterLogin('rely')
    const other = bench.newBrowser()
    await other.login()
    await bench.logout({ sub: bench.idp.traits.user.sub })
    for (const one of [bench.browser, other])
      expect((await one.signedIn()).idp).toMatchObject({ status: 'ended', ended_by: 'logout' })
    await bench.logout({ sub: bench.idp.traits.user.sub })
    await bench.logout(whose(bench))
    expect(bench.log.filter(({ event }) => event === 'idp_session_ended')).toHaveLength(2)
  })

  it('a logout by sub and sid is written on a session that was told no sid, too', async () => {
    const bench = await start('rely')
    bench.idp.traits.sid = null
    await bench.browser.login()
    await bench.logout({ sub: bench.idp.traits.user.sub, sid: 'one' })
    expect((await bench.browser.signedIn()).idp).toMatchObject({ status: 'ended', ended_by: 'logout' })
  })
})
