import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { createApp, h, nextTick, ref } from 'vue'
import type { App } from 'vue'
import type { Criteria } from '../../src/index.js'
import { RequireSession, sessionPlugin } from '../../src/vue/index.js'
import { offline } from '../client/wire-bff.js'
import { setUp, open, guarded } from './app.js'

describe('RequireSession', () => {
  it('shows its default slot to who is signed in', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    expect(bff.page.left).toEqual([])
  })

  it('sends a stranger to log in and back to the current address, once', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/a?b=1#c' })
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('(redirecting)'))
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fa%3Fb%3D1%23c'])
  })

  it('asks a stranger for what the criteria want at once', async () => {
    const { bff, client } = setUp()
    open(client, guarded({ acr: 'mfa' }))
    await vi.waitFor(() => expect(bff.page.left).toHaveLength(1))
    expect(bff.page.left[0]).toContain('acr_values=mfa')
  })

  it('can be registered for the whole app, and for one component', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    const template = '<RequireSession :criteria="{ user: \'alice\' }">hi</RequireSession>'
    const local = open(client, { components: { RequireSession }, template })
    const app: App = createApp({ template })
      .use(sessionPlugin(client))
      .component('RequireSession', RequireSession)
    const element = document.createElement('div')
    app.mount(element)
    await vi.waitFor(() => expect([local.text(), element.textContent]).toEqual(['hi', 'hi']))
    app.unmount()
  })

  it('shows nothing where no slot is given', async () => {
    const { client } = setUp()
    const page = open(client, { render: () => h(RequireSession) })
    await flushPromises()
    expect(page.text()).toBe('')
  })

  it('where a login failed shows the fallback with the error, and waits for a gesture', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/?login_error=access_denied' })
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('(unauthenticated: access_denied)'))
    expect(bff.page.left).toEqual([])
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('where the BFF does not answer shows the fallback, and the default slot as soon as it does', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', offline)
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('(loading: network_failed)'))
    bff.page.wake('online')
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    expect(bff.page.left).toEqual([])
  })

  it('sends the user to log in again when the session ends', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    bff.session = null
    await client.checkSession()
    await vi.waitFor(() => expect(page.text()).toBe('(redirecting)'))
    expect(bff.page.left).toHaveLength(1)
  })

  it('after a logout has the user authenticate anew: the session at the IDP would undo it', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    await client.logout({ scope: 'app' })
    await vi.waitFor(() => expect(page.text()).toBe('(redirecting)'))
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2F&prompt=login'])
  })

  it('asks as ever on a page that was opened after the logout', async () => {
    const { bff, client } = setUp()
    bff.last = { ended_by: 'logout', at: bff.page.clock.now() }
    const page = open(client, guarded())
    await vi.waitFor(() => expect(page.text()).toBe('(redirecting)'))
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2F'])
  })
})

describe('RequireSession with criteria', () => {
  it('shows its default slot once they are met, and never before', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const secret = vi.fn<() => string>(() => 'secret')
    const slots = { default: secret, fallback: () => 'no' }
    const page = open(client, { render: () => h(RequireSession, { criteria: { acr: 'mfa' } }, slots) })
    await vi.waitFor(() => expect(bff.page.left).toHaveLength(1))
    expect(secret).not.toHaveBeenCalled()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    bff.page.wake('restored')
    await vi.waitFor(() => expect(page.text()).toBe('secret'))
  })

  it('for a role that is missing shows the fallback, and redirects nowhere', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const page = open(client, guarded({ roles: 'admin' }))
    await vi.waitFor(() => expect(page.text()).toBe('(authenticated)'))
    bff.page.advance(1_000)
    await client.refresh()
    await flushPromises()
    expect(page.text()).toBe('(authenticated)')
    expect(bff.page.left).toEqual([])
  })

  it.each([{}, { signedIn: 'alice' }])(
    'that are misspelt, tells Vue’s error handler: %o',
    async (options) => {
      const { bff, client } = setUp(options)
      const heard: unknown[] = []
      const app = createApp(guarded({ acrs: 'mfa' } as Criteria)).use(sessionPlugin(client))
      app.config.errorHandler = (error) => heard.push(error)
      const element = document.createElement('div')
      app.mount(element)
      await vi.waitFor(() => expect(heard).not.toEqual([]))
      expect(heard[0]).toMatchObject({ name: 'ConfigurationError', option: 'criteria.acrs' })
      expect(element.textContent).toBe(`(${client.getState().status})`)
      expect(bff.page.left).toEqual([])
      app.unmount()
    },
  )

  it('keeps its slot through a renewal, and drops it when a renewal takes the role away', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { access: { roles: ['admin'] } })
    const page = open(client, guarded({ roles: 'admin' }))
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    bff.page.advance(1_000)
    await client.refresh()
    await nextTick()
    expect(page.text()).toBe('alice')
    if (bff.session === null) return expect.unreachable()
    bff.session = { ...bff.session, access: { ...bff.session.access, roles: [] } }
    bff.page.advance(1_000)
    await client.refresh()
    await vi.waitFor(() => expect(page.text()).toBe('(authenticated)'))
  })

  it('looks again when the criteria change', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { access: { roles: ['clerk'] } })
    const roles = ref('clerk')
    const page = open(client, {
      render: () =>
        h(
          RequireSession,
          { criteria: { roles: roles.value } },
          { default: () => 'yes', fallback: () => 'no' },
        ),
    })
    await vi.waitFor(() => expect(page.text()).toBe('yes'))
    roles.value = 'admin'
    await vi.waitFor(() => expect(page.text()).toBe('no'))
    roles.value = 'clerk'
    await vi.waitFor(() => expect(page.text()).toBe('yes'))
  })

  it('takes another user’s session for another one', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { access: { roles: ['admin'] } })
    const page = open(client, guarded({ roles: 'admin' }))
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    bff.signIn('bob')
    await client.checkSession()
    await vi.waitFor(() => expect(page.text()).toBe('(authenticated)'))
  })
})
