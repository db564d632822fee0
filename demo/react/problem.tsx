import { useRevalidator, useRouteError } from 'react-router'
import { useSession, useSessionClient } from 'tandem-session/react'
import { sentenceFor } from '../public/page/sentences.js'

/** What went wrong, in a sentence, with what to do. */
export const ErrorMessage = ({ error }: { error: unknown }) => {
  const { status } = useSession()
  const { title, advice, code } = sentenceFor(error, status === 'unauthenticated')
  return (
    <p className="alert" role="alert">
      <span>
        <strong>{title}</strong> {advice} <code>{code}</code>
      </span>
    </p>
  )
}

/** In place of a route whose loader failed: the user decides when to try again. */
export const Problem = () => {
  const error = useRouteError()
  const state = useSession()
  const client = useSessionClient()
  const { revalidate } = useRevalidator()
  const signedIn = state.status === 'authenticated'
  return (
    <>
      <ErrorMessage error={state.status === 'unauthenticated' ? (state.error ?? error) : error} />
      <div className="row">
        <button className="primary" onClick={() => void (signedIn ? revalidate() : client.login())}>
          {signedIn ? 'Try again' : 'Log in'}
        </button>
      </div>
    </>
  )
}
