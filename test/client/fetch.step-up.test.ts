import { describe, expect, it } from 'vitest'
import { ORDERS, STEP_UP, setUp } from './api-calls.js'
import { foreign, problem } from './wire-bff.js'
import type { Answer } from './wire-bff.js'

const OTHER_RESOURCE = `${STEP_UP}, resource="https://pay.test"`
const MORE_SCOPE = { 'WWW-Authenticate': 'Bearer error="insufficient_scope", scope="orders:write"' }

describe('a step-up challenge', () => {
  it.each<[string, Answer]>([
    ['of an API', () => foreign('{}', 401, { 'WWW-Authenticate': STEP_UP })],
    ['of the BFF', () => problem('criteria_unmet', 401, {}, { 'WWW-Authenticate': STEP_UP })],
  ])('%s leads to a login with what it asks for, and back here', async (_, answer) => {
    const { bff, client } = setUp()
    bff.always('GET /bff/api/orders/1', answer)
    bff.page.go('/deep?x=1')
    void client.fetch('https://api.test/orders/1')
    await expect.poll(() => bff.page.left).toHaveLength(1)
    const { searchParams } = new URL(bff.page.left[0] ?? '')
    expect(Object.fromEntries(searchParams)).toEqual({
      return_to: '/deep?x=1',
      acr_values: 'mfa',
      max_age: '60',
    })
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'login' })
  })

  it.each<[string, Answer, string | null]>([
    [
      'the BFF names is asked for',
      () => problem('criteria_unmet', 401, {}, { 'WWW-Authenticate': OTHER_RESOURCE }),
      'https://pay.test',
    ],
    // The session's token would be for that one then, and go to whoever named it.
    ['an API names is not', () => foreign('{}', 401, { 'WWW-Authenticate': OTHER_RESOURCE }), null],
  ])('for a resource that %s', async (_, answer, resource) => {
    const { bff, client } = setUp()
    bff.always('GET /bff/api/orders/1', answer)
    void client.fetch('https://api.test/orders/1')
    await expect.poll(() => bff.page.left).toHaveLength(1)
    const { searchParams } = new URL(bff.page.left[0] ?? '')
    expect([searchParams.get('acr_values'), searchParams.get('resource')]).toEqual(['mfa', resource])
  })

  it('that the session meets by now is answered by the same call once more', async () => {
    const { bff, client, calls } = setUp()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    bff.once('GET /bff/api/orders/1', () => foreign('{}', 401, { 'WWW-Authenticate': STEP_UP }))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(200)
    expect(calls()).toHaveLength(2)
  })

  it('that stays although the session meets it is the answer', async () => {
    const { bff, client, calls } = setUp()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    bff.always('GET /bff/api/orders/1', () => foreign('{}', 401, { 'WWW-Authenticate': STEP_UP }))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(401)
    expect(calls()).toHaveLength(2)
    expect(bff.page.left).toEqual([])
  })

  it('a resource’s own criteria are met before the call is made', async () => {
    const { bff, client, calls } = setUp([{ ...ORDERS, criteria: { acr: 'mfa' } }])
    void client.fetch('https://api.test/orders/1')
    await expect.poll(() => bff.page.left).toHaveLength(1)
    expect(bff.page.left[0]).toContain('acr_values=mfa')
    expect(calls()).toHaveLength(0)
  })

  it('that names a scope, too, asks for the rest: no login at the BFF brings a scope', async () => {
    const { bff, client } = setUp()
    const challenge = { 'WWW-Authenticate': `${STEP_UP}, scope="orders:write"` }
    bff.always('GET /bff/api/orders/1', () => foreign('{}', 401, challenge))
    void client.fetch('https://api.test/orders/1')
    await expect.poll(() => bff.page.left).toHaveLength(1)
    expect(bff.page.left[0]).toMatch(/acr_values=mfa(?!.*scope)/)
  })

  it.each([{ roles: 'admin' }, { scope: 'orders:write' }])(
    'what no login brings is an error, not a login: %o',
    async (criteria) => {
      const { bff, client, calls } = setUp([{ ...ORDERS, criteria }])
      await expect(client.fetch('https://api.test/orders/1')).rejects.toMatchObject({
        code: 'criteria_unmet',
      })
      expect(bff.page.left).toEqual([])
      expect(calls()).toHaveLength(0)
    },
  )
})

describe('a scope that is missing (RFC 6750 §3.1)', () => {
  it.each<[string, Answer]>([
    ['an API', () => foreign('{}', 403, MORE_SCOPE)],
    ['an API with the wrong status', () => foreign('{}', 401, MORE_SCOPE)],
    ['the BFF', () => problem('criteria_unmet', 403, { unmet: ['scope'] }, MORE_SCOPE)],
  ])('is the answer of %s, and neither a login nor another try', async (_, answer) => {
    const { bff, client, calls } = setUp()
    bff.always('GET /bff/api/orders/1', answer)
    const { status } = await client.fetch('https://api.test/orders/1')
    expect([401, 403]).toContain(status)
    expect(calls()).toHaveLength(1)
    expect(bff.page.left).toEqual([])
  })
})
