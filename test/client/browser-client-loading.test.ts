// @vitest-environment node
import { expect, it, vi } from 'vitest'
import { openAppTab } from '../support/app-tab.js'
import { openBrowserPage } from '../support/browser-page.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import { createUserAgent } from '../support/user-agent.js'

const loaded = vi.hoisted(() => ({ times: 0 }))
// The real module; only noted is that somebody asked for it.
vi.mock(import('../../src/oidc/engine.js'), async (original) => {
  loaded.times += 1
  return original()
})

it('the protocol is loaded by a login, and by nothing before it', async () => {
  const idp = await startMisbehavingProvider()
  const page = openBrowserPage(openAppTab(createUserAgent()), idp.issuer)
  expect(await page.restore()).toEqual({ type: 'absent' })
  page.connection.forget()
  expect(loaded.times).toBe(0)
  await page.loginUrl()
  await page.loginUrl()
  expect(loaded.times).toBe(1)
  await idp.close()
})
