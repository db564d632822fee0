import { describe, expect, it } from 'vitest'
import { REFUSALS } from '../../support/misbehaving-provider.js'
import type { Refusal } from '../../support/misbehaving-provider.js'
import { startOddBench } from '../bench.js'
import { manualTime } from '../manual-time.js'

/** Logged out while the revocation endpoint answers so. */
async function loggedOut(answer: Refusal, idpOptions: { revokeAccessToken?: boolean } = {}) {
  const time = manualTime()
  const bench = await startOddBench(
    {},
    { edges: time, bff: (base) => ({ ...base, idp: { ...base.idp, ...idpOptions } }) },
  )
  const { browser, idp } = bench
  await browser.login()
  idp.traits.answers = { revocation: answer }
  expect((await browser.post('/bff/logout')).status).toBe(200)
  expect(await browser.session()).toEqual({ authenticated: false })
  const tries = (): number => idp.count('revocation')
  /** Lets time pass until there were so many tries, for the answers of a provider come over sockets. */
  const passUntil = (count: number): Promise<void> =>
    expect.poll(async () => (await time.advance(2000), tries()), { interval: 1, timeout: 4000 }).toBe(count)
  return { ...bench, time, tries, passUntil }
}

describe('the revocation of a refresh token', () => {
  it.each([
    ['503', REFUSALS.unavailable],
    ['a page', REFUSALS.html_502],
    ['429', REFUSALS.rate_limited],
  ])('that gets no answer (%s) is tried again, until it gets one', async (_, answer) => {
    const { idp, tries, passUntil, time, log } = await loggedOut(answer)
    expect(tries()).toBe(1)
    await time.advance(1900)
    expect(tries()).toBe(1)
    await passUntil(2)
    idp.traits.answers = {}
    await passUntil(3)
    await time.advance(600_000)
    expect(tries()).toBe(3)
    expect(log.filter(({ event }) => event === 'revocation_failed')).toHaveLength(2)
  })

  it('is tried again no sooner than the IDP allows', async () => {
    const limited = { status: 429, body: '', headers: { 'retry-after': '60' } }
    const { tries, passUntil, time, idp } = await loggedOut(limited)
    await time.advance(59_000)
    expect(tries()).toBe(1)
    idp.traits.answers = {}
    await passUntil(2)
  })

  it('is given up after a few minutes', async () => {
    const { tries, passUntil, time } = await loggedOut(REFUSALS.unavailable)
    await passUntil(4)
    await time.advance(600_000)
    expect(tries()).toBe(4)
  })

  it('is given up when the BFF is closed', async () => {
    const { bff, tries, time } = await loggedOut(REFUSALS.unavailable)
    await bff.close()
    await time.advance(600_000)
    expect(tries()).toBe(1)
  })

  it('that is refused is not tried again', async () => {
    const { tries, time } = await loggedOut(REFUSALS.invalid_request)
    await time.advance(600_000)
    expect(tries()).toBe(1)
  })
})

describe('what was not revoked', () => {
  const answerTo = async (revokeAccessToken: boolean, answer?: Refusal): Promise<unknown> => {
    const { browser, idp } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, idp: { ...base.idp, revokeAccessToken } }) },
    )
    await browser.login()
    if (answer !== undefined) idp.traits.answers = { revocation: answer }
    return (await browser.post('/bff/logout')).json()
  }

  it.each([
    ['no answer', REFUSALS.unavailable],
    ['a refusal', REFUSALS.invalid_request],
  ])('is told by the answer to the logout: %s', async (_, answer) => {
    expect(await answerTo(false, answer)).toMatchObject({ left: ['refresh_token'] })
    expect(await answerTo(true, answer)).toMatchObject({ left: ['access_token', 'refresh_token'] })
  })

  it('is not mentioned where there is nothing', async () => {
    expect(await answerTo(false)).not.toHaveProperty('left')
    expect(await answerTo(true)).not.toHaveProperty('left')
  })

  it('is tried again, the access token as well', async () => {
    const { idp, tries, passUntil } = await loggedOut(REFUSALS.unavailable, { revokeAccessToken: true })
    expect(tries()).toBe(2)
    idp.traits.answers = {}
    await passUntil(4)
  })
})
