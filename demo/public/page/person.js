// @ts-check
/** Who is signed in, or why nobody is. */
import { byId, element, say } from './dom.js'
import { classWords, endSentence, sentenceFor } from './sentences.js'
import { timeOfDay } from './time.js'

/** @typedef {import('tandem-session').Session} Session */
/** @typedef {import('tandem-session').SessionState} SessionState */

/** @param {Session} session */
const nameIn = ({ user }) => (typeof user['name'] === 'string' ? user['name'] : user.sub)

/** @param {string} name */
const initials = (name) =>
  name
    .split(/\s+/)
    .filter((word) => word !== '')
    .filter((_, index, words) => index === 0 || index === words.length - 1)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toLocaleUpperCase()

/** @param {Session} session @returns {[string, string][]} */
const factsOf = ({ user, authentication, idp, access, ref }) => [
  ['sub', user.sub],
  ...(authentication.acr === undefined
    ? []
    : [/** @type {[string, string]} */ (['acr', authentication.acr])]),
  ['amr', authentication.amr.join(' ') || '–'],
  ['auth_time', timeOfDay(authentication.time)],
  ...(idp.sid === undefined ? [] : [/** @type {[string, string]} */ (['sid', idp.sid.slice(0, 12)])]),
  ['roles', access.roles.join(' ') || '–'],
  ['ref', ref.slice(0, 8)],
]

/** @param {SessionState} state @returns {[name: string, about: string]} */
const wordsFor = (state) => {
  switch (state.status) {
    case 'authenticated': {
      const { authentication } = state.session
      const how = classWords(authentication.acr)
      return [
        nameIn(state.session),
        `Signed in at ${timeOfDay(authentication.time)}${how === undefined ? '' : ` with ${how}`}.`,
      ]
    }
    case 'redirecting':
      return state.to === 'login'
        ? ['On the way to the provider', 'You come back to this address.']
        : ['Logging out', 'The provider ends its session too.']
    case 'unauthenticated': {
      const ended =
        state.reason === 'logout' && state.error
          ? 'Signed out here; the server does not know yet.'
          : endSentence(state.reason)
      return ['Nobody is signed in', ended ?? 'Log in, and watch two sessions keep in step.']
    }
    case 'loading':
      return state.error === undefined
        ? ['One moment', 'Looking for a session.']
        : [
            'No answer yet',
            `${sentenceFor(state.error).title} ${
              state.retryAt === undefined ? 'Trying again now.' : `Next try at ${timeOfDay(state.retryAt)}.`
            }`,
          ]
  }
}

/** Shows it. @param {SessionState} state */
export const showPerson = (state) => {
  const root = document.documentElement
  const [name, about] = wordsFor(state)
  root.dataset['status'] = state.status
  root.dataset['renewal'] = state.status === 'authenticated' ? state.renewal.status : 'none'
  say(byId('name'), name)
  say(byId('about'), about)
  say(byId('avatar'), state.status === 'authenticated' ? initials(name) : '')
  say(byId('status-word'), state.status)
  const renewal =
    state.status === 'authenticated' && state.renewal.status !== 'idle' ? state.renewal.status : ''
  say(byId('renewal-word'), renewal)
  const facts = state.status === 'authenticated' ? factsOf(state.session) : []
  byId('facts').replaceChildren(
    ...facts.map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, value))),
  )
}
