/** A small React app around the real client, and what its page says. For one test file. */
import { act, cleanup, render } from '@testing-library/react'
import { StrictMode, createElement as h } from 'react'
import type { FunctionComponent, ReactNode } from 'react'
import { afterEach, beforeAll, expect, vi } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient, SessionState } from '../../src/index.js'
import { RequireSession, SessionProvider, useSession } from '../../src/react/index.js'
import type { RequireSessionProps } from '../../src/react/index.js'
import { createWireBff } from '../client/wire-bff.js'

declare global {
  // What React asks for in tests.
  var IS_REACT_ACT_ENVIRONMENT: boolean | undefined
}
beforeAll(() => {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true
})
afterEach(cleanup)

export const setUp = (options: Parameters<typeof createWireBff>[0] = {}) => {
  const bff = createWireBff(options)
  return { bff, client: createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page) }
}
export const mount = async (client: SessionClient, children: ReactNode, strict = true): Promise<void> => {
  const app = h(SessionProvider, { client }, children)
  await act(async () => void render(strict ? h(StrictMode, null, app) : app))
}
export const settle = (check: () => void): Promise<void> =>
  vi.waitFor(async () => {
    // Nothing but what is waiting to be rendered.
    await act(async () => {})
    check()
  })
export const says = (text: string): void => expect(document.body.textContent).toBe(text)

export const Who: FunctionComponent = () => {
  const state = useSession()
  return h('p', null, state.status === 'authenticated' ? state.session.user.sub : state.status)
}
export const guarded = (props: Partial<RequireSessionProps> = {}): ReactNode =>
  h(RequireSession, { fallback: (state: SessionState) => `(${describeState(state)})`, ...props }, h(Who))
export const describeState = (state: SessionState): string =>
  'error' in state && state.error !== undefined ? `${state.status}: ${state.error.code}` : state.status
