import { describe, expect, it } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { IdpOptions, SessionOptions } from '../../src/bff/options.js'
import { browserClient } from '../../src/client/browser-client.js'
import type { BrowserClientOptions } from '../../src/client/browser-options.js'
import { mosaic } from '../../src/presets/mosaic.js'

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
    const make = () => createBff({ ...bff, origin: 'https://app.test', secrets: [SECRET], store: 'memory:' })
    expect(make).toThrow(/^idp\.clientSecret: is empty/)
  })
})
