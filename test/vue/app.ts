/** A small Vue app around the real client. For one test file. */
import { mount } from '@vue/test-utils'
import { afterEach } from 'vitest'
import { defineComponent, h } from 'vue'
import type { Component, VNode } from 'vue'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { Criteria, SessionClient, SessionState } from '../../src/index.js'
import { RequireSession, sessionPlugin, useSession } from '../../src/vue/index.js'
import { createWireBff } from '../client/wire-bff.js'

export const setUp = (options: Parameters<typeof createWireBff>[0] = {}) => {
  const bff = createWireBff(options)
  return { bff, client: createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page) }
}
const mounted: { unmount(): void }[] = []
export const open = (client: SessionClient, component: Component) => {
  const wrapper = mount(component, { global: { plugins: [sessionPlugin(client)] } })
  mounted.push(wrapper)
  return wrapper
}
afterEach(() => {
  for (const wrapper of mounted.splice(0)) wrapper.unmount()
})

export const describeState = (state: SessionState): string =>
  'error' in state && state.error !== undefined ? `${state.status}: ${state.error.code}` : state.status
export const Who = defineComponent({
  setup() {
    const state = useSession()
    return () => (state.value.status === 'authenticated' ? state.value.session.user.sub : state.value.status)
  },
})
export const guarded = (
  criteria?: Criteria,
  fallback = ({ state }: { state: SessionState }) => `(${describeState(state)})`,
) =>
  defineComponent({
    render: (): VNode => h(RequireSession, { criteria }, { default: () => h(Who), fallback }),
  })
