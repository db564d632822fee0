import { generateKeyPair, SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { isJwtMode, readResponse, stateOf } from '../../../src/bff/idp/authorization-response.js'

const NOW = 1_800_000_000_000
const checks = { issuer: 'https://idp.test', clientId: 'bff', clockTolerance: 60, now: NOW }
const claims = { iss: checks.issuer, aud: 'bff', exp: NOW / 1000 + 600, code: 'a-code', state: 'a-state' }

let pair: Awaited<ReturnType<typeof generateKeyPair>>
beforeAll(async () => {
  pair = await generateKeyPair('ES256')
})

const signed = (payload: JWTPayload): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256' }).sign(pair.privateKey)
const read = async (payload: JWTPayload): Promise<Record<string, string>> => {
  const answer = new URLSearchParams({ response: await signed(payload) })
  return Object.fromEntries(
    await readResponse(answer, { keys: () => Promise.resolve(pair.publicKey) as never }, checks),
  )
}

describe('the state that an answer names', () => {
  it('is a claim where answers are JWTs, and a parameter where they are not, or this one is none', async () => {
    const response = await signed({ state: 'inner' })
    const answer = new URLSearchParams({ response, state: 'outer' })
    expect([stateOf(answer, 'jwt'), stateOf(answer, 'query'), stateOf(answer, null)]).toEqual([
      'inner',
      'outer',
      'outer',
    ])
    expect(stateOf(new URLSearchParams('state=outer'), 'form_post.jwt')).toBe('outer')
  })

  it.each(['x', 'a.b.c', '', 'e30.e30.', 'a.b.c.d.e'])('is none in %j', (response) => {
    expect(stateOf(new URLSearchParams({ response }), 'jwt')).toBeNull()
  })

  it('is none where the claim is no text', async () => {
    const response = await signed({ state: ['a-state'] })
    expect(stateOf(new URLSearchParams({ response }), 'jwt')).toBeNull()
  })
})

it('is a JWT in three modes', () => {
  const modes = ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'] as const
  expect(modes.filter(isJwtMode)).toEqual(['jwt', 'query.jwt', 'form_post.jwt'])
  expect(isJwtMode(null)).toBe(false)
})

describe('the parameters of a signed answer', () => {
  it('are its claims that are texts, but for its audience', async () => {
    expect(await read({ ...claims, aud: 'bff', expires_in: 5, more: ['x'] })).toEqual({
      iss: checks.issuer,
      code: 'a-code',
      state: 'a-state',
    })
  })

  it('may be some seconds older than they last, for clocks differ', async () => {
    expect(await read({ ...claims, exp: NOW / 1000 - 59 })).toMatchObject({ code: 'a-code' })
    await expect(read({ ...claims, exp: NOW / 1000 - 61 })).rejects.toMatchObject({
      code: 'callback_invalid',
    })
  })

  it.each(['iss', 'aud', 'exp'])('are none without %s', async (name) => {
    const { [name as keyof typeof claims]: _, ...others } = claims
    await expect(read(others)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:callback|issuer)_/) })
  })

  it.each(['code', 'state', 'iss', 'error', 'id_token', 'access_token', 'response'])(
    'are none where %s stands beside them',
    async (name) => {
      const answer = new URLSearchParams({ response: await signed(claims) })
      answer.append(name, 'x')
      const reading = readResponse(answer, { keys: () => Promise.resolve(pair.publicKey) as never }, checks)
      await expect(reading).rejects.toMatchObject({ cause: { code: 'jarm_mixed_answer' } })
    },
  )

  it.each([
    [{ nonce: 'x' }, 'jarm_other_token'],
    [{ events: {} }, 'jarm_other_token'],
    [{ sub: 'alice' }, 'jarm_other_token'],
    [{ aud: ['other'] }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    [{ nbf: NOW / 1000 + 120 }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
  ])('are refused with %o, and the log says why', async (more, code) => {
    await expect(read({ ...claims, ...more })).rejects.toMatchObject({
      code: 'callback_invalid',
      cause: { code },
    })
  })
})
