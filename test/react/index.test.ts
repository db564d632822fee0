import { act, cleanup, render, screen } from '@testing-library/react'
import { createElement as h, useEffect, useState } from 'react'
import type { FunctionComponent, ReactNode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { describe, expect, it, vi } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { BffClient, SessionClient } from '../../src/index.js'
import { RequireSession, SessionProvider, useSession, useSessionClient } from '../../src/react/index.js'
import { setUp, mount, settle, says, Who, guarded } from './app.js'

describe('useSession', () => {
  it('shows the state, and its changes', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    await mount(client, h(Who))
    await settle(() => says('alice'))
    await act(() => client.logout({ scope: 'app' }))
    says('unauthenticated')
  })

  it('starts the client once, mounted twice by StrictMode', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await mount(client, [h(Who, { key: 1 }), h(Who, { key: 2 })])
    await settle(() => says('alicealice'))
    expect(bff.log()).toEqual(['GET /bff/session'])
    expect(bff.page.listening).toBe(1)
  })

  it('does not render while access is renewed in the background', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const seen = new Set<string>()
    const Seen: FunctionComponent = () => {
      seen.add(useSession().status)
      return null
    }
    await mount(client, h(Seen))
    await settle(() => expect(seen).toContain('authenticated'))
    seen.clear()
    bff.page.advance(1_000)
    await act(() => client.refresh())
    expect(seen).toEqual(new Set(['authenticated']))
  })

  it('stops listening when it is unmounted', async () => {
    const { client } = setUp()
    const subscribe = vi.spyOn(client, 'subscribe')
    await mount(client, h(Who), false)
    const stop = vi.fn<() => void>()
    subscribe.mockReturnValue(stop)
    cleanup()
    await mount(client, h(Who), false)
    cleanup()
    expect(stop).toHaveBeenCalledTimes(1)
  })

  it('leaves the client running when the provider is unmounted: it is the app’s', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await mount(client, h(Who))
    await settle(() => says('alice'))
    cleanup()
    expect(client.getState().status).toBe('authenticated')
    expect(bff.page.timers).toBeGreaterThan(0)
  })

  it('takes another client where the app gives one', async () => {
    const first = setUp()
    const second = setUp({ signedIn: 'bob' })
    const Switch: FunctionComponent = () => {
      const [client, setClient] = useState<SessionClient>(first.client)
      const button = h('button', { onClick: () => setClient(second.client) })
      return h(SessionProvider, { client }, h(Who), button)
    }
    await act(async () => void render(h(Switch)))
    await settle(() => says('unauthenticated'))
    await act(async () => screen.getByRole('button').click())
    await settle(() => says('bob'))
  })
})

describe('useSessionClient', () => {
  it('is the client that was given, with what it holds', async () => {
    const { client } = setUp()
    const found = vi.fn<(client: SessionClient<BffClient>) => void>()
    const Find: FunctionComponent = () => {
      const here = useSessionClient<BffClient>()
      useEffect(() => found(here), [here])
      return here.oauth.basePath
    }
    await mount(client, h(Find), false)
    expect(found.mock.calls).toEqual([[client]])
    says('/bff')
  })

  it('without a provider throws an error that names the fix', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => render(h(Who))).toThrow('Wrap the app in <SessionProvider client={client}>')
    vi.restoreAllMocks()
  })
})

describe('where a server renders', () => {
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, null)
  const app = (children: ReactNode): ReactNode => h(SessionProvider, { client }, children)

  it('the state is loading, and nothing is thrown', () => {
    expect(renderToString(app(h(Who)))).toBe('<p>loading</p>')
    expect(renderToString(app(guarded()))).toBe('(loading)')
    expect(renderToString(app(h(RequireSession, null, 'secret')))).toBe('')
  })

  it('what it rendered is taken over, although the client knows more by now', async () => {
    const container = document.createElement('div')
    container.innerHTML = renderToString(app(h(Who)))
    document.body.append(container)
    const page = setUp({ signedIn: 'alice' })
    await page.client.start()
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {})
    const root = await act(async () =>
      hydrateRoot(container, h(SessionProvider, { client: page.client }, h(Who))),
    )
    expect(container.textContent).toBe('alice')
    expect(complaint).not.toHaveBeenCalled()
    complaint.mockRestore()
    act(() => root.unmount())
    container.remove()
  })
})
