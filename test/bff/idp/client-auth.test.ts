import type * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import { clientAuth } from '../../../src/bff/idp/client-auth.js'
import { validateOptions } from '../../../src/bff/validate.js'
import { startOddBench } from '../bench.js'

const options = (clientSecret: string, method?: 'client_secret_basic' | 'client_secret_post') =>
  validateOptions({
    origin: 'https://app.test',
    secrets: ['test-secret-test-secret-test-secret-'],
    idp: {
      issuer: 'https://idp.test',
      clientId: 'unused',
      clientSecret,
      ...(method !== undefined && { tokenEndpointAuthMethod: method }),
    },
  }).idp

/** What a token request with this authentication carries. */
async function shown(auth: oidc.ClientAuth, clientId: string) {
  const body = new URLSearchParams()
  const headers = new Headers()
  await auth({ issuer: 'https://idp.test' }, { client_id: clientId }, body, headers)
  const basic = /^Basic (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
  return { basic: basic === undefined ? null : atob(basic), body: Object.fromEntries(body) }
}

describe('the authentication of the client', () => {
  it('is readable to providers that decode nothing, where nothing must be encoded', async () => {
    const { basic, body } = await shown(
      clientAuth(options("a-b_c.d~e!f*g'h(i)"), {}, Date.now),
      'tandem-bff_1.0',
    )
    expect(basic).toBe("tandem-bff_1.0:a-b_c.d~e!f*g'h(i)")
    expect(body).toEqual({})
  })

  it('means the same to those that do (RFC 6749 §2.3.1)', async () => {
    const [id, secret] = ['client:1 +%', 's e/c+r=e:t&ü€']
    const [user = '', password = ''] =
      (await shown(clientAuth(options(secret), {}, Date.now), id)).basic?.split(':') ?? []
    const decoded = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    expect([decoded(user), decoded(password)]).toEqual([id, secret])
  })

  it.each([
    [undefined, undefined, 'basic'],
    [['client_secret_post'], undefined, 'post'],
    [['private_key_jwt', 'client_secret_post', 'client_secret_basic'], undefined, 'basic'],
    [['private_key_jwt'], undefined, 'basic'],
    [['client_secret_post'], 'client_secret_basic', 'basic'],
    [['client_secret_basic'], 'client_secret_post', 'post'],
  ] as const)('with metadata %j and the option %s is %s', async (supported, option, expected) => {
    const { basic, body } = await shown(
      clientAuth(
        options('test-secret', option),
        supported === undefined ? {} : { token_endpoint_auth_methods_supported: [...supported] },
        Date.now,
      ),
      'c',
    )
    if (expected === 'basic') expect([basic, body]).toEqual(['c:test-secret', {}])
    else expect([basic, body]).toEqual([null, { client_id: 'c', client_secret: 'test-secret' }])
  })

  it('gets through', async () => {
    const { browser } = await startOddBench({ onlyClientAuth: 'basic', clientSecret: 'test-secret' })
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})
