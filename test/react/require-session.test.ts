import { act, screen } from '@testing-library/react'
import { Component, createElement as h, useState } from 'react'
import type { FunctionComponent, PropsWithChildren, ReactNode } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { Criteria, SessionClient } from '../../src/index.js'
import { RequireSession } from '../../src/react/index.js'
import type { RequireSessionProps } from '../../src/react/index.js'
import { MINUTE, offline, own } from '../client/wire-bff.js'
import type { WireBff } from '../client/wire-bff.js'
import { setUp, mount, settle, says, guarded, describeState } from './app.js'

describe('RequireSession', () => {
  it('shows its children to who is signed in', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await mount(client, guarded())
    await settle(() => says('alice'))
    expect(bff.page.left).toEqual([])
  })

  it('sends a stranger to log in and back to the current address, once', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/a?b=1#c' })
    await mount(client, guarded())
    await settle(() => says('(redirecting)'))
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fa%3Fb%3D1%23c'])
  })

  it('asks a stranger for what the criteria want at once', async () => {
    const { bff, client } = setUp()
    await mount(client, guarded({ criteria: { acr: 'mfa' } }))
    await settle(() => expect(bff.page.left).toHaveLength(1))
    expect(bff.page.left[0]).toContain('acr_values=mfa')
  })

  it.each<[string, Partial<RequireSessionProps>, string]>([
    ['a node', { fallback: h('i', null, 'one moment') }, 'one moment'],
    ['nothing', { fallback: undefined }, ''],
  ])('shows %s meanwhile', async (_, props, text) => {
    const { client } = setUp()
    await mount(client, guarded(props))
    await settle(() => expect(client.getState().status).toBe('redirecting'))
    says(text)
  })

  it('where a login failed shows the fallback with the error, and waits for a gesture', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/?login_error=access_denied' })
    await mount(
      client,
      guarded({
        fallback: (state) => h('button', { onClick: () => void client.login() }, describeState(state)),
      }),
    )
    await settle(() => says('unauthenticated: access_denied'))
    expect(bff.page.left).toEqual([])
    await act(async () => screen.getByRole('button').click())
    expect(bff.page.left).toHaveLength(1)
  })

  it('where the BFF does not answer shows the fallback with the error, and the children as soon as it does', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', offline)
    await mount(client, guarded())
    await settle(() => says('(loading: network_failed)'))
    act(() => bff.page.wake('online'))
    await settle(() => says('alice'))
    expect(bff.page.left).toEqual([])
  })

  it('stops at a login loop with the error', async () => {
    const { bff } = setUp()
    const lastPage = async (turn: number): Promise<void> => {
      if (turn === 0) return
      bff.reload('/?login_error=server_error')
      await createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page).start()
      await lastPage(turn - 1)
    }
    await lastPage(3)
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.reload())
    await mount(client, guarded())
    await settle(() => says('(unauthenticated: login_loop)'))
    expect(bff.page.left).toEqual([])
  })

  it('sends the user to log in again when the session ends', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await mount(client, guarded())
    await settle(() => says('alice'))
    bff.session = null
    await act(() => client.checkSession())
    await settle(() => says('(redirecting)'))
    expect(bff.page.left).toHaveLength(1)
  })

  it('after a logout has the user authenticate anew: the session at the IDP would undo it', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await mount(client, guarded())
    await settle(() => says('alice'))
    await act(() => client.logout({ scope: 'app' }))
    await settle(() => says('(redirecting)'))
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2F&prompt=login'])
  })

  it('asks as ever on a page that was opened after the logout', async () => {
    const { bff, client } = setUp()
    bff.last = { ended_by: 'logout', at: bff.page.clock.now() }
    await mount(client, guarded())
    await settle(() => says('(redirecting)'))
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2F'])
  })

  it('of a page out of the back-forward cache shows its children again', async () => {
    const { bff, client } = setUp()
    await mount(client, guarded())
    await settle(() => says('(redirecting)'))
    bff.signIn('alice')
    act(() => bff.page.wake('restored'))
    await settle(() => says('alice'))
  })
})

describe('RequireSession with criteria', () => {
  it('shows its children once they are met', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    await mount(client, guarded({ criteria: { acr: 'mfa' } }))
    await settle(() => says('alice'))
  })

  it('never shows them before', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const secret = vi.fn<() => null>(() => null)
    await mount(client, h(RequireSession, { criteria: { acr: 'mfa' } }, h(secret)))
    await settle(() => expect(bff.page.left).toHaveLength(1))
    expect(bff.page.left[0]).toContain('acr_values=mfa')
    expect(secret).not.toHaveBeenCalled()
  })

  it('extends access that has expired first', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    await mount(client, guarded({ criteria: { acr: 'mfa' } }))
    await settle(() => says('alice'))
    expect(bff.log()).toContain('POST /bff/refresh')
  })

  it('for a role that is missing shows the fallback, and redirects nowhere', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await mount(client, guarded({ criteria: { roles: 'admin' } }))
    await settle(() => says('(authenticated)'))
    bff.page.advance(1_000)
    await act(() => client.refresh())
    says('(authenticated)')
    expect(bff.page.left).toEqual([])
  })

  it('after a step-up that failed shows the fallback, and waits for a gesture', async () => {
    const { bff, client } = setUp({
      signedIn: 'alice',
      address: 'https://app.test/?login_error=access_denied',
    })
    bff.page.gesture = false
    await mount(client, guarded({ criteria: { acr: 'mfa' } }))
    await settle(() => says('(authenticated)'))
    expect(bff.page.left).toEqual([])
  })

  it('keeps its children through a renewal, and drops them when a renewal takes the role away', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { access: { roles: ['admin'] } })
    const seen: (string | null)[] = []
    await mount(client, guarded({ criteria: { roles: 'admin' } }))
    await settle(() => says('alice'))
    client.subscribe(() => seen.push(document.body.textContent))
    bff.page.advance(1_000)
    await act(() => client.refresh())
    says('alice')
    expect(new Set(seen)).toEqual(new Set(['alice']))
    if (bff.session === null) return expect.unreachable()
    bff.session = { ...bff.session, access: { ...bff.session.access, roles: [] } }
    bff.page.advance(1_000)
    await act(() => client.refresh())
    await settle(() => says('(authenticated)'))
  })

  it('looks again when the criteria change', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { access: { roles: ['clerk'] } })
    const Page: FunctionComponent = () => {
      const [roles, setRoles] = useState('clerk')
      return [
        h('button', { key: 1, onClick: () => setRoles('admin') }),
        h(RequireSession, { key: 2, criteria: { roles }, fallback: 'no' }, 'yes'),
      ]
    }
    await mount(client, h(Page))
    await settle(() => says('yes'))
    await act(async () => screen.getByRole('button').click())
    says('no')
  })

  it.each([{}, { signedIn: 'alice' }])('that are misspelt, throws what says so: %o', async (options) => {
    const { bff, client } = setUp(options)
    const thrown: unknown[] = []
    class Boundary extends Component<PropsWithChildren> {
      override state = {}
      static getDerivedStateFromError(error: unknown): object {
        thrown.push(error)
        return { error }
      }
      override render(): ReactNode {
        return 'error' in this.state ? 'broken' : this.props.children
      }
    }
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await mount(client, h(Boundary, null, guarded({ criteria: { acrs: 'mfa' } as Criteria })))
    await settle(() => says('broken'))
    vi.restoreAllMocks()
    expect(thrown[0]).toMatchObject({ name: 'ConfigurationError', option: 'criteria.acrs' })
    expect(bff.page.left).toEqual([])
  })

  it('takes another user’s session for another one', async () => {
    const { bff, client } = setUp()
    bff.signIn('alice', { access: { roles: ['admin'] } })
    await mount(client, guarded({ criteria: { roles: 'admin' } }))
    await settle(() => says('alice'))
    bff.signIn('bob')
    await act(() => client.checkSession())
    await settle(() => says('(authenticated)'))
  })
})

describe('RequireSession and an answer that is wrong', () => {
  it('shows the fallback, not the children', async () => {
    const { bff, client }: { bff: WireBff; client: SessionClient } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', () => own({ authenticated: 'yes' }))
    await mount(client, guarded())
    await settle(() => says('(loading: network_failed)'))
  })
})
