import { describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { NavigationGuard, Router } from 'vue-router'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { Criteria, SessionClient } from '../../src/index.js'
import { sessionGuard } from '../../src/vue/index.js'
import { MINUTE, offline } from '../client/wire-bff.js'
import { setUp } from './app.js'

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

  it.each([{}, { signedIn: 'alice' }])(
    'rejects with the error where criteria are misspelt: %o',
    async (who) => {
      const { bff, client } = setUp(who)
      const router = routed(client, { acrs: 'mfa' } as Criteria)
      await expect(router.push('/orders/7')).rejects.toMatchObject({ option: 'criteria.acrs' })
      expect(bff.page.left).toEqual([])
    },
  )

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
