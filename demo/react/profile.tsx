import { RequireSession, useSession, useSessionClient } from 'tandem-session/react'
import type { SessionState } from 'tandem-session'
import { timeOfDay } from '../public/page/time.js'
import { ErrorMessage } from './problem.js'

const Claims = () => {
  const state = useSession()
  if (state.status !== 'authenticated') return null
  const { user, authentication } = state.session
  return (
    <>
      <h1>{user.name ?? user.sub}</h1>
      <dl>
        <dt>sub</dt>
        <dd>{user.sub}</dd>
        <dt>email</dt>
        <dd>{user.email ?? '–'}</dd>
        <dt>acr</dt>
        <dd>{authentication.acr ?? '–'}</dd>
        <dt>auth_time</dt>
        <dd>{timeOfDay(authentication.time)}</dd>
      </dl>
    </>
  )
}

const Waiting = ({ state }: { state: SessionState }) => {
  const client = useSessionClient()
  if (state.status !== 'unauthenticated' || state.error === undefined) {
    return <p>One moment: on the way to the provider.</p>
  }
  return (
    <>
      <ErrorMessage error={state.error} />
      <div className="row">
        <button className="primary" onClick={() => void client.login()}>
          Log in
        </button>
      </div>
    </>
  )
}

/** The claims about the user; a stranger is sent to log in and comes back here. */
export const Profile = () => (
  <RequireSession fallback={(state) => <Waiting state={state} />}>
    <Claims />
  </RequireSession>
)
