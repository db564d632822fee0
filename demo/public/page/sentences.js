// @ts-check
/** What happened, as a user understands it, and what to do. One place for all words about errors and ends. */

/** `signedOut`: the advice where nobody is signed in. @typedef {{ title: string, advice: string, signedOut?: string, retry?: boolean }} Sentence */

/** By `code` of a session error. @type {Readonly<Record<string, Sentence>>} */
const ERRORS = {
  access_denied: {
    title: 'You did not finish signing in.',
    advice: 'It was cancelled at the provider, or the provider refused. You can try again.',
    retry: true,
  },
  stale_callback: {
    title: 'That sign-in was begun too long ago, or in another window.',
    advice: 'Start again here.',
    retry: true,
  },
  login_loop: {
    title: 'Signing in came back three times without lasting.',
    advice:
      'Wait a minute, then try again. If it goes on, check that cookies are allowed for this page, and tell its operator.',
  },
  state_mismatch: {
    title: 'The answer does not belong to a sign-in of this browser.',
    advice: 'A link from elsewhere may have brought it. Nothing was changed; start again here.',
    retry: true,
  },
  issuer_mismatch: {
    title: 'The answer came from another provider than the one asked.',
    advice: 'Nothing was changed. Start again here, and tell the operator of this app if it goes on.',
    retry: true,
  },
  id_token_invalid: {
    title: 'The provider’s answer did not pass its checks.',
    advice: 'You are not signed in. Try again; if it goes on, tell the operator of this app.',
    retry: true,
  },
  callback_invalid: {
    title: 'The provider’s answer could not be read.',
    advice: 'Start again here.',
    retry: true,
  },
  invalid_grant: {
    title: 'The provider no longer accepts this sign-in.',
    advice: 'The code or token was used before, or was revoked. Start again.',
    retry: true,
  },
  unmet_authentication_requirements: {
    title: 'The second factor was not given.',
    advice:
      'What you asked for needs it. You are still signed in as before; try again with the second factor.',
  },
  criteria_unmet: {
    title: 'Your sign-in does not meet what this asks for.',
    advice: 'Signing in again does not change that; ask the operator for access.',
  },
  login_required: { title: 'You are no longer signed in.', advice: 'Sign in again to go on.', retry: true },
  session_unknown: { title: 'You are no longer signed in.', advice: 'Sign in again to go on.', retry: true },
  session_ended: { title: 'You are no longer signed in.', advice: 'Sign in again to go on.', retry: true },
  session_conflict: {
    title: 'This call was made for another session.',
    advice:
      'Someone signed in anew meanwhile, so it was not carried out. Try once more if you still want it.',
  },
  gesture_required: {
    title: 'The page did not sign you in by itself.',
    advice: 'Something went wrong before. Press the button when you want to try again.',
    retry: true,
  },
  network_failed: {
    title: 'The server could not be reached.',
    advice: 'You stay as you are. It is tried again; check your connection if it goes on.',
    signedOut: 'Check your connection, and try again.',
  },
  timeout: {
    title: 'The server takes too long to answer.',
    advice: 'You stay as you are. It is tried again; check your connection if it goes on.',
    signedOut: 'Check your connection, and try again.',
  },
  idp_unavailable: {
    title: 'The provider does not answer.',
    advice: 'You stay signed in as long as your access lasts. It is tried again by itself.',
    signedOut: 'Nobody can sign in meanwhile. Try again in a moment.',
  },
  logout_failed: {
    title: 'The log-out did not reach the server.',
    advice: 'You may still be signed in there. Log out once more when you are online again.',
  },
  temporarily_unavailable: {
    title: 'The provider is busy.',
    advice: 'Try again in a moment.',
    retry: true,
  },
  server_error: { title: 'The provider had an error.', advice: 'Try again in a moment.', retry: true },
  upstream_failed: { title: 'The API does not answer.', advice: 'You stay signed in. Try the call again.' },
  upstream_timeout: { title: 'The API takes too long.', advice: 'You stay signed in. Try the call again.' },
  api_refused: { title: 'The API did not carry out the call.', advice: 'You stay signed in as you are.' },
  mosaic_refused: { title: 'Mosaic did not do that.', advice: 'Nothing was changed here. Try it again.' },
  configuration_invalid: {
    title: 'This page is set up wrongly.',
    advice: 'Tell the operator of this app; the details are below.',
  },
}

/** @type {Sentence} */
const UNKNOWN = { title: 'That did not work.', advice: 'Try again; the details are below.', retry: true }

/**
 * The sentence for whatever was thrown.
 * @param {unknown} error
 * @param {boolean} [nobody] whether nobody is signed in
 * @returns {Sentence & { code: string, detail: string }}
 */
export const sentenceFor = (error, nobody = false) => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
  const detail = error instanceof Error ? error.message : String(error)
  const { signedOut, ...sentence } = ERRORS[code] ?? UNKNOWN
  if (nobody && signedOut !== undefined) return { ...sentence, advice: signedOut, retry: true, code, detail }
  return { ...sentence, code, detail }
}

/** Why nobody is signed in, by end reason. @type {Readonly<Record<string, string>>} */
const ENDS = {
  logout: 'You logged out.',
  idp_session_over: 'The session at the provider is over, so access could not be renewed.',
  app_session_over: 'The session in this app has run out.',
  user_changed: 'Somebody else signed in.',
  replaced: 'You signed in anew.',
  revoked: 'An administrator ended the session.',
  binding: 'The session was used from a browser it does not belong to.',
  refresh_lost: 'An answer of the provider was lost on the way, and with it the right to renew access.',
  unknown: 'The session is over.',
}

/** @param {string | undefined} reason */
export const endSentence = (reason) => (reason === undefined ? undefined : (ENDS[reason] ?? ENDS['unknown']))

/** How the session at the provider ended. @type {Readonly<Record<string, string>>} */
const IDP_ENDS = {
  logout: 'You logged out there.',
  expired: 'It has expired.',
  revoked: 'It was revoked there.',
  refresh_lost: 'A renewal’s answer was lost, so it cannot be used any more.',
  unknown: 'The provider renews access no more. Whether the session there is over, it does not tell.',
}

/** @param {string | undefined} endedBy */
export const idpEndSentence = (endedBy) => IDP_ENDS[endedBy ?? 'unknown'] ?? IDP_ENDS['unknown'] ?? ''

/** Authentication classes of the demo's provider, in words. @type {Readonly<Record<string, string>>} */
const CLASSES = { pwd: 'a password', mfa: 'a second factor', phr: 'a security key' }

/** @param {string | undefined} acr */
export const classWords = (acr) => (acr === undefined ? undefined : (CLASSES[acr] ?? acr))
