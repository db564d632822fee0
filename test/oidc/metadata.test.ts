// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { ConfigurationError, NetworkError } from '../../src/errors.js'
import type { Http } from '../../src/oidc/http.js'
import { isSecureUrl, loadMetadata } from '../../src/oidc/metadata.js'
import type { ClientSettings } from '../../src/oidc/settings.js'

const ISSUER = 'https://idp.example.com'
const document = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
}

/** Answers with this, and notes what was asked for. */
const serving = (json: object | undefined, status = 200) => {
  const asked: string[] = []
  const http: Http = async (url) => {
    asked.push(url)
    return { status, text: '', json: json as never, headers: new Headers(), askedAt: 0, answeredAt: 0 }
  }
  return { asked, http }
}

const load = (settings: Partial<ClientSettings>, http: Http) =>
  loadMetadata({ authority: ISSUER, clientId: 'app', redirectUri: 'https://app.test/', ...settings }, http)

describe('loadMetadata', () => {
  it.each([ISSUER, `${ISSUER}/`])('finds it under %s', async (authority) => {
    const { asked, http } = serving(document)
    expect(await load({ authority }, http)).toEqual(document)
    expect(asked).toEqual([`${ISSUER}/.well-known/openid-configuration`])
  })

  it('takes an issuer that only ends in a slash more', async () => {
    const { http } = serving({ ...document, issuer: `${ISSUER}/` })
    expect(await load({}, http)).toMatchObject({ issuer: `${ISSUER}/` })
  })

  it('lays what is given over what is found', async () => {
    const { http } = serving(document)
    const metadata = { token_endpoint: 'https://tokens.example.com/' }
    expect(await load({ metadata }, http)).toEqual({ ...document, ...metadata })
  })

  it('asks nobody where everything that is needed is given', async () => {
    const { asked, http } = serving(undefined, 500)
    expect(await load({ metadata: document }, http)).toEqual(document)
    expect(asked).toEqual([])
  })

  it('refuses a provider that calls itself something else, unless that is said', async () => {
    const { http } = serving({ ...document, issuer: 'https://elsewhere.example' })
    await expect(load({}, http)).rejects.toMatchObject({
      option: 'browserClient.authority',
      message: expect.stringContaining("metadata: { issuer: 'https://elsewhere.example' }"),
    })
    const metadata = { issuer: 'https://elsewhere.example' }
    expect(await load({ metadata }, http)).toMatchObject(metadata)
  })

  it.each([
    ['authorization_endpoint', undefined],
    ['token_endpoint', undefined],
    ['token_endpoint', 'http://idp.example.com/token'],
    ['end_session_endpoint', 'http://idp.example.com/logout'],
    ['revocation_endpoint', 'ftp://idp.example.com/'],
  ])('names the endpoint that cannot be used: %s %s', async (name, value) => {
    const { http } = serving({ ...document, [name]: value })
    const error: unknown = await load({}, http).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ option: `browserClient.metadata.${name}` })
  })

  it.each([
    ['a page of a captive portal', 200, undefined],
    ['JSON that is no metadata', 200, {}],
    ['not found', 404, { error: 'not_found' }],
    ['an error of the server', 503, document],
  ])('takes %s for no answer', async (_, status, json) => {
    await expect(load({}, serving(json, status).http)).rejects.toBeInstanceOf(NetworkError)
  })
})

it.each([
  [true, 'https://idp.example.com'],
  [true, 'http://localhost:4000/x'],
  [true, 'http://idp.localhost'],
  [true, 'http://127.0.0.1:1'],
  [true, 'http://[::1]:1'],
  [false, 'http://idp.example.com'],
  [false, 'http://localhost.example.com'],
  [false, 'http://127.example.com'],
  [false, 'javascript:alert(1)'],
  [false, '/path'],
  [false, undefined],
])('isSecureUrl: %s for %s', (expected, value) => {
  expect(isSecureUrl(value)).toBe(expected)
})
