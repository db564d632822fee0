import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp, createSSRApp, defineComponent, effectScope, h, nextTick, ref } from 'vue'
import type { App, Component, VNode } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { NavigationGuard, Router } from 'vue-router'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { BffClient, Criteria, SessionClient, SessionState } from '../../src/index.js'
import {
  RequireSession,
  sessionGuard,
  sessionPlugin,
  useSession,
  useSessionClient,
} from '../../src/vue/index.js'
import { MINUTE, createWireBff, offline } from '../client/wire-bff.js'

const setUp = (options: Parameters<typeof createWireBff>[0] = {}) => {
  const bff = createWireBff(options)
  return { bff, client: createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page) }
}
const mounted: { unmount(): void }[] = []
const open = (client: SessionClient, component: Component) => {
  const wrapper = mount(component, { global: { plugins: [sessionPlugin(client)] } })
  mounted.push(wrapper)
  return wrapper
}
afterEach(() => {
  for (const wrapper of mounted.splice(0)) wrapper.unmount()
})

const describeState = (state: SessionState): string =>
  'error' in state && state.error !== undefined ? `${state.status}: ${state.error.code}` : state.status
const Who = defineComponent({
  setup() {
    const state = useSession()
    return () => (state.value.status === 'authenticated' ? state.value.session.user.sub : state.value.status)
  },
})
const guarded = (
  criteria?: Criteria,
  fallback = ({ state }: { state: SessionState }) => `(${describeState(state)})`,
) =>
  defineComponent({
    render: (): VNode => h(RequireSession, { criteria }, { default: () => h(Who), fallback }),
  })

describe('useSession', () => {
  it('shows the state, and its changes', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    const page = open(client, Who)
    await vi.waitFor(() => expect(page.text()).toBe('alice'))
    await client.logout({ scope: 'app' })
    await nextTick()
    expect(page.text()).toBe('unauthenticated')
  })

  it('starts the client once, however many components use it', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const page = open(client, { render: () => [h(Who), h(Who)] })
    await vi.waitFor(() => expect(page.text()).toBe('alicealice'))
    expect(bff.log()).toEqual(['GET /bff/session'])
    expect(bff.page.listening).toBe(1)
  })

  it('stops listening when its component is unmounted', async () => {
    const { client } = setUp()
    const stop = vi.fn<() => void>()
    vi.spyOn(client, 'subscribe').mockReturnValue(stop)
    mount(Who, { global: { plugins: [sessionPlugin(client)] } }).unmount()
    expect(stop).toHaveBeenCalledTimes(1)
  })

  it('stops listening when its scope is disposed of', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    const scope = effectScope(true)
    let state: ReturnType<typeof useSession> | undefined
    open(client, { setup: () => scope.run(() => (state = useSession())) && (() => null) })
    scope.stop()
    await client.start()
    expect(client.getState().status).toBe('authenticated')
    expect(state?.value.status).toBe('loading')
  })

  it('without the plugin throws an error that names the fix', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(() => mount(Who)).toThrow('Call app.use(sessionPlugin(client))')
    vi.restoreAllMocks()
  })
})

describe('useSessionClient', () => {
  it('is the client that was given, with what it holds', () => {
    const { client } = setUp()
    let found: SessionClient<BffClient> | undefined
    open(client, { setup: () => (found = useSessionClient<BffClient>()) && (() => null) })
    expect(found).toBe(client)
    expect(found?.oauth.basePath).toBe('/bff')
  })
})

describe('where a server renders', () => {
  it.each<[string, Component, string]>([
    ['useSession', Who, 'loading'],
    ['RequireSession', guarded(), '(loading)'],
  ])('%s shows loading, and nothing is thrown or warned of', async (_, component, html) => {
    const warned = vi.spyOn(console, 'warn')
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, null)
    expect(await renderToString(createSSRApp(component).use(sessionPlugin(client)))).toContain(html)
    expect(warned).not.toHaveBeenCalled()
  })
})

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

describe('sessionGuard', () => {
  const routed = (client: SessionClient, criteria?: Criteria, base = '/'): Router => {
    const beforeEnter: NavigationGuard = sessionGuard(client, criteria)
    const page = (path: string, more = {}) => ({ path, component: { render: () => path }, ...more })
    return createRouter({
      history: createMemoryHistory(base),
      routes: [page('/'), page('/orders/:id', { beforeEnter })],
    })
  }

  it('lets who is signed in through', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const router = routed(client)
    await router.push('/orders/7')
    expect(router.currentRoute.value.fullPath).toBe('/orders/7')
    expect(bff.log()).toEqual(['GET /bff/session'])
  })

  it('sends a stranger to log in and back to where the navigation goes, and stops it', async () => {
    const { bff, client } = setUp()
    const router = routed(client)
    await router.push('/')
    await router.push('/orders/7?x=1#y')
    expect(router.currentRoute.value.fullPath).toBe('/')
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Forders%2F7%3Fx%3D1%23y'])
  })

  it('knows the router’s base', async () => {
    const { bff, client } = setUp()
    const router = routed(client, undefined, '/shop/')
    await router.push('/orders/7')
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fshop%2Forders%2F7'])
  })

  it('steps up for the criteria, and leads back to where the navigation goes', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const router = routed(client, { acr: 'mfa' })
    await router.push('/')
    await router.push('/orders/7')
    expect(router.currentRoute.value.fullPath).toBe('/')
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Forders%2F7&acr_values=mfa'])
  })

  it('extends access that has expired first', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    const router = routed(client)
    await router.push('/orders/7')
    expect(router.currentRoute.value.fullPath).toBe('/orders/7')
    expect(bff.log()).toContain('POST /bff/refresh')
  })

  it('stops a navigation while the page is being left', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.logout()
    const router = routed(client)
    await router.push('/orders/7')
    expect(router.currentRoute.value.matched).toEqual([])
    expect(bff.page.left).toEqual(['https://idp.test/end?hint=1'])
  })

  it('rejects with the error where a role is missing', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const router = routed(client, { roles: 'admin' })
    const heard: unknown[] = []
    router.onError((error) => heard.push(error))
    await expect(router.push('/orders/7')).rejects.toMatchObject({ code: 'criteria_unmet' })
    expect(heard).toHaveLength(1)
    expect(bff.page.left).toEqual([])
  })

  it.each<[string, Parameters<typeof setUp>[0], boolean]>([
    ['a login failed', { address: 'https://app.test/?login_error=access_denied' }, false],
    ['there is no answer', { signedIn: 'alice' }, true],
  ])('lets the page show it where %s', async (_, options, isOffline) => {
    const { bff, client } = setUp(options)
    if (isOffline) bff.always('GET /bff/session', offline)
    const router = routed(client)
    await router.push('/orders/7')
    expect(router.currentRoute.value.fullPath).toBe('/orders/7')
    expect(bff.page.left).toEqual([])
  })

  it('rejects, and does not show what it guards, where a step-up failed and the user did nothing since', async () => {
    const { bff, client } = setUp({
      signedIn: 'alice',
      address: 'https://app.test/?login_error=access_denied',
    })
    bff.page.gesture = false
    const router = routed(client, { acr: 'mfa' })
    await expect(router.push('/orders/7')).rejects.toMatchObject({ code: 'gesture_required' })
    expect(router.currentRoute.value.fullPath).not.toBe('/orders/7')
    expect(bff.page.left).toEqual([])
  })

  it('lets everything through where a server renders', async () => {
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, null)
    const router = routed(client)
    await router.push('/orders/7')
    expect(router.currentRoute.value.fullPath).toBe('/orders/7')
  })

  it('leaves no listener behind', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    const stops: ReturnType<typeof vi.fn<() => void>>[] = []
    vi.spyOn(client, 'subscribe').mockImplementation(() => {
      const stop = vi.fn<() => void>()
      stops.push(stop)
      return stop
    })
    await routed(client).push('/orders/7')
    expect(stops).toHaveLength(1)
    expect(stops[0]).toHaveBeenCalledTimes(1)
  })
})
