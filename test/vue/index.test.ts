import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { createSSRApp, effectScope, h, nextTick } from 'vue'
import type { Component } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { BffClient, SessionClient } from '../../src/index.js'
import { sessionPlugin, useSession, useSessionClient } from '../../src/vue/index.js'
import { setUp, open, Who, guarded } from './app.js'

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
