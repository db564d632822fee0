// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import { openAppTab } from '../support/app-tab.js'
import { openBrowserPage, signIn } from '../support/browser-page.js'
import { startTestIdp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

describe('the cookies of a client', () => {
  it('have names of its own, the same in every tab', () => {
    const of = (authority: string, clientId: string): string => browserCookie('hint', authority, clientId)
    expect(of('https://idp.example', 'one')).toMatch(/^__Host-hint-browser-[\da-z]+$/)
    expect(of('https://idp.example', 'one')).toBe(of('https://idp.example', 'one'))
    expect(of('https://idp.example', 'other')).not.toBe(of('https://idp.example', 'one'))
    expect(of('https://other.example', 'one')).not.toBe(of('https://idp.example', 'one'))
    expect(browserCookie('used', 'https://idp.example', 'one')).toMatch(/^__Host-used-browser-[\da-z]+$/)
  })

  it('say nothing to another client of the same origin, and outlive its logout', async () => {
    const idp = await startTestIdp()
    try {
      const tab = openAppTab(createUserAgent())
      const { page, session } = await signIn(tab, idp.issuer)
      const other = openBrowserPage(tab, idp.issuer, { clientId: 'another' })
      expect(await other.restore()).toEqual({ type: 'absent' })
      await other.connection.logout({ scope: 'app', returnTo: '/' })
      expect(page.connection.isCurrent?.(session)).toBe(true)
      expect(await page.session()).toMatchObject({ ref: session.ref })
    } finally {
      await idp.close()
    }
  })
})
