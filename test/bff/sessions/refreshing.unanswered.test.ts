import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { AuthenticatedAnswer } from '../../../src/protocol.js'
import { REFUSALS } from '../../support/misbehaving-provider.js'
import type { RefusalName } from '../../support/misbehaving-provider.js'
import { problemOf, startBench, startOddBench } from '../bench.js'
import type { BffBench } from '../bench.js'

const oddRefreshes = (idp: { tokenCalls: { grant_type: string | null }[] }): number =>
  idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token').length

const sessionOf = async (answer: Response): Promise<AuthenticatedAnswer['session']> => {
  expect(answer.status).toBe(200)
  return ((await answer.json()) as AuthenticatedAnswer).session
}

/** Where nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/`
}

/** Signed in, with an access token that has expired. */
async function expired<Bench extends BffBench>(bench: Bench): Promise<Bench> {
  await bench.browser.login('alice')
  bench.clock.advance(310)
  return bench
}

describe('no answer to a refresh', () => {
  const none: RefusalName[] = [
    'html_200',
    'html_400',
    'html_502',
    'empty_object_200',
    'not_json_200',
    'invalid_client',
  ]

  const more: RefusalName[] = ['unauthorized_client', 'rate_limited', 'server_error', 'unavailable']

  it.each([...none, ...more])('(%s) ends nothing', async (name) => {
    const { browser, idp, clock } = await startOddBench()
    await browser.login()
    clock.advance(301)
    idp.traits.refuseRefresh = REFUSALS[name]
    for (const answer of [await browser.post('/bff/refresh'), await browser.fetch('/bff/api/echo/x')]) {
      expect(answer.status).toBe(503)
      expect(await problemOf(answer)).toMatchObject({ code: 'idp_unavailable' })
    }
    expect((await browser.signedIn()).idp.status).toBe('active')
    idp.traits.refuseRefresh = null
    clock.advance(5)
    expect((await sessionOf(await browser.post('/bff/refresh'))).access.extendable).toBe(true)
  })

  it('passes on how long to wait, and does not ask before where the IDP asked to wait', async () => {
    const { browser, idp, clock } = await startOddBench()
    await browser.login()
    idp.traits.refuseRefresh = { ...REFUSALS.rate_limited, headers: { 'retry-after': '7' } }
    expect((await browser.post('/bff/refresh')).headers.get('retry-after')).toBe('7')
    expect(Number((await browser.post('/bff/refresh')).headers.get('retry-after'))).toBeGreaterThan(5)
    expect(oddRefreshes(idp)).toBe(1)
    idp.traits.refuseRefresh = null
    clock.advance(8)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
  })

  it('is waited for no longer than idp.timeout', async () => {
    const { browser, idp } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, idp: { ...base.idp, timeout: 0.2 } }),
      },
    )
    await browser.login()
    idp.traits.hangs = ['token']
    expect((await browser.post('/bff/refresh')).status).toBe(503)
  })

  it('and then a refusal: the answer was lost, and that is what ended it', async () => {
    const { browser, idp } = await expired(await startBench())
    idp.faults.next('token', { kind: 'lost-answer' })
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    const answer = await browser.post('/bff/refresh')
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'refresh_lost' })
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'refresh_lost' } })
  })

  it('that never left is not lost: a refusal after it is a refusal', async () => {
    let refusing = false
    const nobody = await deadAddress()
    const fetchOrNot: typeof fetch = (input, init) => fetch(refusing ? nobody : input, init)
    const { browser, idp } = await expired(await startBench({ edges: { fetch: fetchOrNot } }))
    refusing = true
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    refusing = false
    await idp.revoke('alice')
    expect(await problemOf(await browser.post('/bff/refresh'))).toMatchObject({
      ended_by: 'idp_session_over',
    })
  })

  it('is forgotten once a refresh succeeds', async () => {
    const { browser, idp, clock } = await startOddBench()
    await browser.login()
    idp.traits.refuseRefresh = REFUSALS.html_502
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    idp.traits.refuseRefresh = null
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    idp.traits.refuseRefresh = REFUSALS.invalid_grant
    expect((await sessionOf(await browser.post('/bff/refresh'))).idp).toMatchObject({
      status: 'ended',
      ended_by: 'unknown',
    })
    clock.advance(301)
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'idp_session_over' } })
  })
})
