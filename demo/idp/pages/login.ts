import { AUTHENTICATION_CLASSES } from '../acr.js'
import type { IdpUser } from '../users.js'
import { escape, page } from './layout.js'

/** What the login page shows of the request it answers. */
export interface LoginView {
  issuer: string
  /** Address of the interaction; forms post to addresses below it. */
  action: string
  clientName: string
  /** Parameters of the authorization request worth showing: name → value. */
  criteria: [name: string, value: string][]
  /** Why the user is asked, in the library's words (`no_session`, `max_age`, `acr_values` …). */
  reasons: readonly string[]
}

const WHY: Record<string, string> = {
  acr_values: 'Your session needs a stronger confirmation for this.',
  max_age: 'You signed in too long ago for this.',
  max_age_0: 'The application asks you to sign in again.',
  login_prompt: 'The application asks you to sign in again.',
  select_account_prompt: 'Choose the account to go on with.',
  id_token_hint: 'The application expects another user.',
}

const why = ({ reasons }: LoginView): string => {
  // Who has no session here need not be told that it would not do.
  const lines = reasons.includes('no_session') ? [] : reasons.flatMap((reason) => WHY[reason] ?? [])
  return lines.length > 0 ? `<p>${lines.map(escape).join(' ')}</p>` : ''
}

const asked = ({ criteria }: LoginView): string => `<h2 id="asked">What is asked for</h2>
<dl aria-labelledby="asked">${criteria
  .map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)
  .join('')}</dl>`

const cancel = ({ action }: LoginView): string =>
  `<form class="stack" method="post" action="${escape(action)}/cancel"><button class="quiet">Cancel</button></form>`

const alarm = (problem: string | undefined): string =>
  problem === undefined ? '' : `<p class="alarm" role="alert">${escape(problem)}</p>`

/** First step: who is it? One button per user, or name and password. */
export const loginPage = (
  view: LoginView,
  users: readonly IdpUser[],
  {
    hint = '',
    problem,
    anyPassword = false,
  }: { hint?: string; problem?: string; anyPassword?: boolean } = {},
): string => {
  const people = users.map(({ username, claims }) => {
    const hinted = hint !== '' && [username, claims.sub, claims.email].includes(hint)
    return `<button name="username" value="${escape(username)}"${hinted ? ' class="hinted" autofocus' : ''}>
<i aria-hidden="true">${escape(claims.name.charAt(0))}</i><span>${escape(claims.name)}<small>${escape(claims.email)}</small></span></button>`
  })
  return page(
    `Sign in to ${view.clientName}`,
    view.issuer,
    `${why(view)}${alarm(problem)}
<form class="people" method="post" action="${escape(view.action)}/account" aria-label="Choose a user">${people.join('')}</form>
<h2>Or with a password</h2>
<form method="post" action="${escape(view.action)}/login">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${escape(hint)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${anyPassword ? ' aria-describedby="any"' : ''}>
${anyPassword ? '<p id="any" class="note">Any password will do here.</p>' : ''}
<div class="stack"><button>Sign in</button></div>
</form>
${cancel(view)}${asked(view)}`,
  )
}

/** Second step, when a stronger class is asked for than a password gives. */
export const factorPage = (view: LoginView, user: IdpUser, classes: readonly string[]): string => {
  const buttons = AUTHENTICATION_CLASSES.filter(({ acr }) => classes.includes(acr)).map(
    ({ acr, label }) => `<button name="acr" value="${escape(acr)}">${escape(label)}</button>`,
  )
  return page(
    'Confirm that it is you',
    view.issuer,
    `${why(view)}<p>Signing in as <strong>${escape(user.claims.name)}</strong>. This provider only pretends: press the
factor you would use.</p>
<form class="stack" method="post" action="${escape(view.action)}/factor" aria-label="Additional factor">${buttons.join('')}
<button class="quiet" name="acr" value="pwd">Go on without it</button></form>
${cancel(view)}${asked(view)}`,
  )
}
