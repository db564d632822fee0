import { describe, expect, it } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { IdpOptions, SessionOptions } from '../../src/bff/options.js'
import { browserClient } from '../../src/client/browser-client.js'
import type { BrowserClientOptions } from '../../src/client/browser-options.js'
import { mosaic } from '../../src/presets/mosaic.js'
import { clientKeys } from '../support/client-keys.js'

const SECRET = 'test-secret-for-the-bff-0123456789abcdef'
const client = { clientId: 'app', clientSecret: 'test-secret-of-the-client' }

describe('the houses', () => {
  it('get what they take, and nothing else', async () => {
    const { browser, bff } = mosaic({ region: 'eu', supportedPrompts: ['login', 'consent'], ...client })
    const idp: IdpOptions = bff.idp
    const session: SessionOptions = bff.session
    const options: Omit<BrowserClientOptions, 'redirectUri'> = browser
    browserClient({ ...options, redirectUri: '/callback' })
    const made = createBff({ origin: 'https://app.test', secrets: [SECRET], store: 'memory:', idp, session })
    await made.close()
    expect(JSON.stringify(browser)).not.toContain(client.clientSecret)
  })

  it('know how long a session lasts: 14 days, or as the client has it', () => {
    expect(mosaic({ region: 'us', ...client }).bff.session.idpLifetime).toBe(1_209_600)
    const longest = { region: 'us', sessionExpiration: 31_536_000, ...client } as const
    expect(mosaic(longest).bff.session.idpLifetime).toBe(31_536_000)
  })

  it('a BFF is told of its missing secret', () => {
    const { bff } = mosaic({ region: 'us', clientId: 'app' })
    const rest = { origin: 'https://app.test', secrets: [SECRET], store: 'memory:' } as const
    expect(() => createBff({ ...bff, ...rest })).toThrow(
      /^idp\.clientSecret: is missing\..* Or give its key as idp\.privateKey, and set idp\.tokenEndpointAuthMethod to "private_key_jwt"\.$/,
    )
    const empty = mosaic({ region: 'us', clientId: 'app', clientSecret: '' })
    expect(() => createBff({ ...empty.bff, ...rest })).toThrow(/^idp\.clientSecret: is empty/)
  })

  it('a client may have a key in place of a secret', async () => {
    const { bff } = mosaic({ region: 'us', clientId: 'app' })
    const rest = { origin: 'https://app.test', secrets: [SECRET], store: 'memory:' } as const
    const { jwk: privateKey } = clientKeys()
    const idp = { ...bff.idp, privateKey, tokenEndpointAuthMethod: 'private_key_jwt' } as const
    await createBff({ ...bff, ...rest, idp }).close()
    expect(() => createBff({ ...bff, ...rest, idp: { ...bff.idp, privateKey } })).toThrow(
      /^idp\.clientSecret: is missing\..* set idp\.tokenEndpointAuthMethod to "private_key_jwt": then idp\.privateKey is enough/,
    )
  })
})
