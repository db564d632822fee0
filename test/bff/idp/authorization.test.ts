import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import { authorizationAddress } from '../../../src/bff/idp/authorization.js'
import { NoAnswer } from '../../../src/bff/idp/failures.js'
import { clientKeys } from '../../support/client-keys.js'

const { jwk: privateKey } = clientKeys()
const nothing = { privateKey: null, pushedAuthorization: null, signedRequestObject: null }
const endpoint = { pushed_authorization_request_endpoint: 'https://idp.test/par' }
const edges = { now: () => 1_800_000_000_000 }

/** Where a request goes, and what was pushed. */
async function addressed(
  options: Partial<Parameters<typeof authorizationAddress>[2]>,
  metadata: Readonly<Record<string, string | boolean>> = {},
  request = 'response_type=code&scope=openid&state=x&resource=https://a.test/&resource=https://b.test/',
) {
  const known = {
    issuer: 'https://idp.test',
    authorization_endpoint: 'https://idp.test/auth?tenant=1',
    ...metadata,
  }
  const client = new oidc.Configuration(known, 'bff', {}, oidc.ClientSecretPost('test-secret'))
  const pushed: URLSearchParams[] = []
  client[oidc.customFetch] = (_url, { body }) => {
    pushed.push(new URLSearchParams(String(body)))
    const answer = Response.json({ request_uri: 'urn:x', expires_in: 60 }, { status: 201 })
    return Promise.resolve(answer)
  }
  const address = await authorizationAddress(
    { client, metadata: known },
    new URLSearchParams(request),
    { ...nothing, ...options },
    edges,
  )
  return { url: new URL(address), pushed }
}

const names = (params: URLSearchParams | undefined): string[] => [...new Set(params?.keys() ?? [])].toSorted()

describe('an authorization request', () => {
  it('is in the address where nothing else is asked for', async () => {
    const { url, pushed } = await addressed({})
    expect(names(url.searchParams)).toEqual([
      'client_id',
      'resource',
      'response_type',
      'scope',
      'state',
      'tenant',
    ])
    expect(url.searchParams.getAll('resource')).toHaveLength(2)
    expect(pushed).toEqual([])
  })

  it('keeps all its resources in a request object', async () => {
    const { url } = await addressed({ privateKey, signedRequestObject: true })
    expect(names(url.searchParams)).toEqual(['client_id', 'request', 'tenant'])
    const claims = (url.searchParams.get('request') ?? '').split('.')[1] ?? ''
    expect(JSON.parse(atob(claims))).toMatchObject({
      resource: ['https://a.test/', 'https://b.test/'],
      exp: 1_800_000_300,
    })
  })

  it.each([
    [endpoint, null, 1],
    [endpoint, true, 1],
    [endpoint, false, 0],
    [{}, null, 0],
    [{}, false, 0],
    [{ ...endpoint, require_pushed_authorization_requests: true }, false, 1],
  ])(
    'at a provider with %o, with pushedAuthorization %s, is pushed %s times',
    async (metadata, option, times) => {
      const { url, pushed } = await addressed({ pushedAuthorization: option }, metadata)
      expect(pushed).toHaveLength(times)
      expect(url.searchParams.get('request_uri')).toBe(times === 1 ? 'urn:x' : null)
    },
  )

  it('is signed before it is pushed', async () => {
    const metadata = { ...endpoint, require_signed_request_object: true }
    const { url, pushed } = await addressed({ privateKey }, metadata)
    expect(names(url.searchParams)).toEqual(['client_id', 'request_uri', 'tenant'])
    expect(names(pushed[0])).toEqual(['client_id', 'client_secret', 'request', 'tenant'])
  })

  it.each([
    ['no key', { signedRequestObject: true }, {}, 'request_object_unsigned'],
    ['no key, which is required', {}, { require_signed_request_object: true }, 'request_object_unsigned'],
    ['nowhere to push it', { pushedAuthorization: true }, {}, 'pushed_authorization_unknown'],
    [
      'nowhere, which is required',
      {},
      { require_pushed_authorization_requests: true },
      'pushed_authorization_unknown',
    ],
  ])('is not sent with less than is due: %s', async (_, options, metadata, code) => {
    const failure = addressed(options, metadata)
    await expect(failure).rejects.toBeInstanceOf(NoAnswer)
    await expect(failure).rejects.toMatchObject({
      cause: { code },
      message: expect.stringMatching(/idp\.|IDP/),
    })
  })

  it('that cannot be signed says so', async () => {
    const failure = addressed({ privateKey, signedRequestObject: true }, {}, 'claims=no-json')
    await expect(failure).rejects.toMatchObject({ cause: { code: 'request_object_failed' } })
  })
})
