import { useSession, useSessionClient } from 'tandem-session/react'
import { endSentence } from '../public/page/sentences.js'
import { timeOfDay } from '../public/page/time.js'
import { ErrorMessage } from './problem.js'

/** Who is signed in, without asking anyone to. */
export const Home = () => {
  const state = useSession()
  const client = useSessionClient()
  if (state.status === 'authenticated') {
    const { user, access } = state.session
    return (
      <>
        <h1>Hello, {user.name ?? user.sub}</h1>
        <p className="soft">
          Access lasts until {timeOfDay(access.expiresAt)}
          {state.renewal.status === 'idle' ? ' and renews by itself.' : ', and is being renewed.'}
        </p>
        <div className="row">
          <button onClick={() => void client.logout({ returnTo: '/react/' })}>Log out</button>
        </div>
      </>
    )
  }
  if (state.status !== 'unauthenticated') return <p>One moment.</p>
  return (
    <>
      <h1>Nobody is signed in</h1>
      <p className="soft">{endSentence(state.reason) ?? 'The orders and the profile ask for a session.'}</p>
      {state.error && <ErrorMessage error={state.error} />}
      <div className="row">
        <button className="primary" onClick={() => void client.login()}>
          Log in
        </button>
      </div>
    </>
  )
}
