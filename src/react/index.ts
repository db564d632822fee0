/**
 * React bindings (18 and 19): one subscription to the session client. Import this beside `tandem-session`:
 *
 *     const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) })
 *     <SessionProvider client={client}>
 *       <RequireSession fallback={<p>One moment…</p>}>
 *         <Orders />
 *       </RequireSession>
 *     </SessionProvider>
 */
import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type { ReactNode } from 'react'
import type { Criteria, SessionClient, SessionState } from '../client/client.js'
import type { OAuthClient } from '../client/oauth-client.js'

const Context = createContext<SessionClient | null>(null)
const onServer: SessionState = { status: 'loading' }

export interface SessionProviderProps {
  /** The app's session client. It is started here; stopping it is the app's, which may use it elsewhere, too. */
  readonly client: SessionClient
  readonly children?: ReactNode
}

/** Gives the session client to all components below, and starts it. */
export function SessionProvider({ client, children }: SessionProviderProps): ReactNode {
  useEffect(() => void client.start(), [client])
  return createElement(Context.Provider, { value: client }, children)
}

/** The session client. Throws where there is no `SessionProvider` above. */
export function useSessionClient<A extends OAuthClient = OAuthClient>(): SessionClient<A> {
  const client = useContext(Context)
  if (client === null) {
    throw new Error('There is no session client here. Wrap the app in <SessionProvider client={client}>.')
  }
  return client as SessionClient<A>
}

/** The state of the session; the component renders again when it changes. `loading` where a server renders. */
export function useSession(): SessionState {
  const client = useSessionClient()
  return useSyncExternalStore(client.subscribe, client.getState, () => onServer)
}

export interface RequireSessionProps {
  /** What the session must meet, beside being there. */
  readonly criteria?: Criteria | undefined
  /** Shown instead of the children; a function is given the state. */
  readonly fallback?: ReactNode | ((state: SessionState) => ReactNode)
  readonly children?: ReactNode
}

/**
 * Shows its children while there is a session that meets the criteria, and `fallback` otherwise. A stranger is sent to log in and
 * back to the current address, after a logout from what is shown here to authenticate anew (`prompt=login`). A session that does not meet the criteria is
 * stepped up. Where the state holds an error, `fallback` is to show it and to let the user start the next login. `authenticated` in
 * `fallback`: the criteria are not met; they are looked at, or cannot be met by signing in. Criteria that are misspelt are thrown,
 * for the error boundary around it.
 */
export function RequireSession({ criteria, fallback, children }: RequireSessionProps): ReactNode {
  const client = useSessionClient()
  const state = useSession()
  const session = state.status === 'authenticated' ? state.session : null
  const isStranger = state.status === 'unauthenticated' && !state.error
  const hadSession = useRef(false)
  const isLoggedOut = isStranger && state.reason === 'logout'
  const wanted = JSON.stringify(criteria)
  // What `require` has said, of this session and these criteria.
  const [met, setMet] = useState('')
  const asked = session && `${session.ref} ${wanted}`

  useEffect(() => {
    let isCurrent = true
    const say = (answer: string) => (): void => {
      if (isCurrent) setMet(answer)
    }
    // What goes wrong is in the state; but criteria that are misspelt are a mistake in the page.
    const fail = (error: { readonly code?: unknown }): void => {
      if (error.code !== 'configuration_invalid') return say('')()
      setMet(() => {
        throw error
      })
    }
    const options = wanted === undefined ? {} : { criteria: JSON.parse(wanted) as Criteria }
    if (session) hadSession.current = true
    // The session at the IDP may live for a moment longer than the one that was shown here: it would undo the logout.
    const prompt = isLoggedOut && hadSession.current ? { prompt: 'login' } : {}
    if (isStranger) client.login({ ...options, ...prompt }).catch(fail)
    if (asked && options.criteria) client.require(options.criteria).then(say(asked), fail)
    return () => {
      isCurrent = false
    }
    // Again at each news of the session: a renewal may have changed what it meets.
  }, [client, isStranger, isLoggedOut, session, asked, wanted])

  if (session && (wanted === undefined || met === asked)) return children
  return typeof fallback === 'function' ? fallback(state) : fallback
}
