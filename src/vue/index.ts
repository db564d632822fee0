/**
 * Vue bindings (3.4 and later). Import this beside `tandem-session`:
 *
 *     const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) })
 *     createApp(App).use(sessionPlugin(client)).mount('#app')
 */
import { defineComponent, getCurrentScope, inject, onScopeDispose, shallowRef, watchEffect } from 'vue'
import type { App, InjectionKey, PropType, ShallowRef } from 'vue'
import type { Criteria, SessionClient, SessionState } from '../client/client.js'
import type { OAuthClient } from '../client/oauth-client.js'

const key: InjectionKey<SessionClient> = Symbol('tandem-session')

/** Gives the session client to all components of an app, and starts it. Stopping it is the app's. */
export function sessionPlugin(client: SessionClient): { install(app: App): void } {
  return {
    install(app) {
      app.provide(key, client)
      void client.start()
    },
  }
}

/** The session client. Throws where the app has no `sessionPlugin`. */
export function useSessionClient<A extends OAuthClient = OAuthClient>(): SessionClient<A> {
  const client = inject(key, null)
  if (client === null) {
    throw new Error(
      'There is no session client here. Call app.use(sessionPlugin(client)) before mounting the app.',
    )
  }
  return client as SessionClient<A>
}

/** The state of the session, for as long as the component, or the scope it is called in, is there. */
export function useSession(): Readonly<ShallowRef<SessionState>> {
  const client = useSessionClient()
  const state = shallowRef(client.getState())
  const stop = client.subscribe((now) => (state.value = now))
  if (getCurrentScope()) onScopeDispose(stop)
  return state
}

const requireSession = defineComponent({
  name: 'RequireSession',
  props: { criteria: Object as PropType<Criteria> },
  setup(props, { slots }) {
    const client = useSessionClient()
    const state = useSession()
    // What `require` has said, of this session and these criteria.
    const met = shallowRef('')
    let hadSession = false
    const asked = (): string =>
      state.value.status === 'authenticated'
        ? `${state.value.session.ref} ${JSON.stringify(props.criteria)}`
        : ''

    // Again at each news of the session: a renewal may have changed what it meets.
    watchEffect(() => {
      const now = state.value
      const { criteria } = props
      const about = asked()
      const say = (answer: string) => (): void => {
        if (asked() === about) met.value = answer
      }
      // What goes wrong is in the state; but criteria that are misspelt are a mistake in the page.
      const fail = (error: { readonly code?: unknown }): void => {
        if (error.code === 'configuration_invalid') throw error
        say('')()
      }
      if (now.status === 'unauthenticated' && !now.error) {
        // The session at the IDP may live for a moment longer than the one that was shown here: it would undo the logout.
        const isLoggedOut = hadSession && now.reason === 'logout'
        const options = { ...(criteria && { criteria }), ...(isLoggedOut && { prompt: 'login' }) }
        return client.login(options).catch(fail)
      }
      if (now.status !== 'authenticated') return
      hadSession = true
      if (!criteria) return
      return client.require(criteria).then(say(about), fail)
    })

    return () =>
      asked() && (!props.criteria || met.value === asked())
        ? slots['default']?.()
        : slots['fallback']?.({ state: state.value })
  },
})

/** What `RequireSession` takes and shows. */
export interface RequireSessionComponent {
  new (): {
    readonly $props: { readonly criteria?: Criteria | undefined }
    readonly $slots: {
      default?(): unknown
      fallback?(props: { readonly state: SessionState }): unknown
    }
  }
}

/**
 * Shows its default slot while there is a session that meets the criteria, and the slot `fallback`, which is given the `state`,
 * otherwise. A stranger is sent to log in and back to the current address, after a logout from what is shown here to authenticate anew (`prompt=login`). A
 * session that does not meet the criteria is stepped up. Where the state holds an error, `fallback` is to show it and to let the user
 * start the next login. `authenticated` in `fallback`: the criteria are not met; they are looked at, or cannot be met by signing in.
 * Criteria that are misspelt go to Vue's error handler.
 */
export const RequireSession: RequireSessionComponent = requireSession

/** Where a navigation goes: a vue-router `RouteLocationNormalized` is one. */
export interface GuardedRoute {
  readonly fullPath: string
  /** With the router's base; the router adds it. */
  readonly href?: string
}

/**
 * A vue-router `NavigationGuard`: lets a navigation through once there is a session that meets the criteria, and stops it while the
 * user is sent to authenticate, and back to where the navigation goes. Where there is no answer, or a login failed, it lets the
 * navigation through: the page has to show what the state says (`RequireSession` does), and a guard that held it back would leave
 * the page empty. Criteria that are not met, and for which the user is not sent to authenticate (a role is missing, the logins go in
 * circles), or that are misspelt, reject the navigation with that error: see `router.onError`.
 */
export function sessionGuard(
  client: SessionClient,
  criteria: Criteria = {},
): (to: GuardedRoute) => Promise<boolean> {
  return async ({ href, fullPath }) => {
    const { status, ...state } = await client.start()
    if (status === 'redirecting') return false
    if (status === 'loading' || 'error' in state) return true
    let stop = (): void => {}
    const left = new Promise<boolean>((resolve) => {
      stop = client.subscribe((now) => now.status === 'redirecting' && resolve(false))
    })
    try {
      const met = client.require(criteria, { returnTo: href ?? fullPath }).then(() => true)
      return await Promise.race([met, left])
    } catch (error) {
      const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
      // Signed in, and what the route demands is not met: what it guards is not to be seen.
      const refused = client.getState().status === 'authenticated' && name !== 'NetworkError'
      if (refused || code === 'criteria_unmet' || code === 'configuration_invalid') throw error
      return true
    } finally {
      stop()
    }
  }
}
