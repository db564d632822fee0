/** The engine in a page, and a provider that misbehaves on demand. */
import { afterEach, beforeEach, vi } from 'vitest'
import { createEngine, type AuthorizationRequest, type Engine } from '../../src/oidc/engine.js'
import type { ClientSettings, World } from '../../src/oidc/settings.js'
import type { Transaction } from '../../src/oidc/transactions.js'
import { startMisbehavingProvider, type MisbehavingProvider } from '../support/misbehaving-provider.js'
import { createWorld } from './scripted-engine.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

/** Of the app. */
export const REDIRECT_URI = 'https://app.test/callback'

/** The provider. */
export let idp: MisbehavingProvider
/** The browser. */
export let agent: UserAgent
/** The page. */
export let platform: TestPlatform
/** Its engine. */
export let engine: Engine

/** An engine in another page. */
export const createOn = (page: TestPlatform, settings: Partial<ClientSettings> = {}): Engine => {
  const world: World = createWorld(page)
  return createEngine(
    { authority: idp.issuer, clientId: 'app', redirectUri: REDIRECT_URI, ...settings },
    world,
  )
}

/** Another engine in the page than every test begins with. */
export const useEngine = (settings: Partial<ClientSettings>): void =>
  void (engine = createOn(platform, settings))

/** A login that asks for much. */
export const request: AuthorizationRequest = {
  kind: 'login',
  returnTo: '/here',
  audience: ['urn:a', 'urn:b'],
  redirectUri: REDIRECT_URI,
  scope: 'openid profile',
  params: { prompt: 'login', ui_locales: 'sv' },
  maxAge: undefined,
}

/** Follows the authorization request; the answer, and the transaction it belongs to. */
export const answerTo = async (url: string): Promise<[URL, Transaction]> => {
  const { url: answer } = await agent.navigate(url)
  const transaction = engine.transaction(answer)
  if (transaction === null) throw new Error('the answer belongs to nothing')
  return [answer, transaction]
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(async () => {
    idp = await startMisbehavingProvider()
    agent = createUserAgent()
    platform = createTestPlatform({ fetch: agent.fetchFrom('https://app.test/') })
    engine = createOn(platform)
  })
  afterEach(async () => {
    vi.unstubAllGlobals()
    await idp.close()
  })
}
