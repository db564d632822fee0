import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'
import type { BffBench } from '../bench.js'

/** As the frame in a page of the IDP does it: from another site, without any cookie. */
const frame = ({ bff }: BffBench, query: string, origin = ORIGIN): Promise<Response> =>
  bff.fetch(
    new Request(`${origin}/bff/frontchannel-logout${query}`, {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    }),
  )

const query = (params: Record<string, string>): string => `?${new URLSearchParams(params)}`

async function signedIn() {
  const bench = await startOddBench()
  await bench.browser.login()
  const { sid = '' } = (await bench.browser.signedIn()).idp
  return { ...bench, iss: bench.idp.issuer, sid }
}

describe('a front-channel logout', () => {
  it('ends the session it names without its cookie, in a page that the IDP alone may frame', async () => {
    const bench = await signedIn()
    const answer = await frame(bench, query({ iss: bench.iss, sid: bench.sid }))
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(answer.headers.get('content-security-policy')).toMatch(
      new RegExp(`default-src 'none'.*frame-ancestors ${bench.iss}$`),
    )
    expect(answer.headers.get('x-frame-options')).toBeNull()
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await answer.text()).not.toMatch(/script|src=/)
    expect(await bench.browser.session()).toMatchObject({ last: { ended_by: 'logout' } })
    expect((await frame(bench, query({ iss: bench.iss, sid: bench.sid }))).status).toBe(200)
  })

  it('that names another session or issuer, or none, ends nothing and says nothing', async () => {
    const bench = await signedIn()
    const { iss, sid } = bench
    const answers = await Promise.all(
      [
        { iss, sid: 'another' },
        { iss, sid: '' },
        { iss: `${iss}/`, sid },
        { iss: 'https://other.test', sid },
        {},
      ].map((params) => frame(bench, query(params as Record<string, string>))),
    )
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(texts.size).toBe(1)
    expect((await bench.browser.session()).authenticated).toBe(true)
  })

  it('with one parameter alone, or one of them twice, is refused', async () => {
    const bench = await signedIn()
    const { iss, sid } = bench
    for (const one of [query({ iss }), query({ sid }), `${query({ iss, sid })}&sid=x&iss=y`]) {
      const answer = await frame(bench, one)
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'invalid_request'])
    }
    expect((await frame(bench, query({ iss, sid }), 'https://elsewhere.test')).status).toBe(400)
    const request = new Request(`${ORIGIN}/bff/frontchannel-logout${query({ iss, sid })}`, { method: 'POST' })
    expect((await bench.bff.fetch(request)).status).toBe(405)
    expect((await bench.browser.session()).authenticated).toBe(true)
  })

  it('lets the app rely on what it has, where the policy says so', async () => {
    const bench = await startOddBench(
      {},
      { bff: (base) => ({ ...base, session: { whenIdpSessionEnds: { logout: 'rely' } } }) },
    )
    await bench.browser.login()
    const iss = bench.idp.issuer
    await frame(bench, query({ iss, sid: bench.idp.traits.sid ?? '' }))
    expect((await bench.browser.signedIn()).idp).toMatchObject({ status: 'ended', ended_by: 'logout' })
  })
})
