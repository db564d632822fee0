// @ts-check
/** What the session client tells, and what became of its state, as a list with times. */
import { byId, element } from './dom.js'
import { endSentence, idpEndSentence, sentenceFor } from './sentences.js'
import { serverNow, spoken, timeOfDay } from './time.js'

const MOST = 60

/** @typedef {{ at: number, title: string, text: string, alarming: boolean }} Entry */
/** @typedef {import('tandem-session').SessionClient} SessionClient */
/** @typedef {import('tandem-session').SessionState} SessionState */

/** @type {Entry[]} newest first */
const entries = []

/** @param {Entry} entry */
const lineOf = ({ at, title, text, alarming }) => {
  const time = element('time', { datetime: new Date(at).toISOString() }, timeOfDay(at))
  const line = element('li', alarming ? { class: 'alarming' } : {}, time, element('strong', {}, title))
  if (text !== '') line.append(element('small', {}, text))
  return line
}

/**
 * @param {string} title
 * @param {string} [text]
 * @param {boolean} [alarming]
 */
export const note = (title, text = '', alarming = false) => {
  // In the clock that ends are told in, and the panel of Mosaic: it may be moved.
  const entry = { at: serverNow(), title, text, alarming }
  entries.unshift(entry)
  entries.length = Math.min(entries.length, MOST)
  const list = byId('events')
  list.prepend(lineOf(entry))
  while (list.children.length > MOST) list.lastElementChild?.remove()
}

/** Shows the entries of earlier, silently. @param {readonly Entry[]} earlier newest first */
export const showEvents = (earlier) => {
  const list = byId('events')
  const log = list.closest('[role=log]')
  log?.setAttribute('aria-live', 'off')
  entries.push(...earlier)
  list.append(...earlier.map(lineOf))
  requestAnimationFrame(() => log?.setAttribute('aria-live', 'polite'))
}

/** Those shown now, newest first. */
export const eventsSoFar = () => [...entries]

/** @param {SessionState} state */
const nameOf = (state) => (state.status === 'redirecting' ? `redirecting to ${state.to}` : state.status)

/** @param {SessionState} state @param {SessionState} previous */
const noteChange = (state, previous) => {
  if (nameOf(state) !== nameOf(previous)) note('state', `${nameOf(previous)} → ${nameOf(state)}`)
  else if (state.status === 'authenticated' && previous.status === 'authenticated') {
    const { status } = state.renewal
    if (status === 'renewing' && previous.renewal.status !== status) {
      note('renewing', state.renewal.attempt > 1 ? `Try ${state.renewal.attempt}.` : '')
    }
  }
}

/** Lists every event and change of state of this client. @param {SessionClient} client */
export const watchEvents = (client) => {
  client.subscribe(noteChange)
  client.on('authenticated', ({ session }) =>
    note('authenticated', `${session.user.sub}, session ${session.ref.slice(0, 8)}`),
  )
  client.on('refreshed', ({ session }) =>
    note('refreshed', `Access lasts until ${timeOfDay(session.access.expiresAt)}.`),
  )
  client.on('refresh-failed', ({ error, retryAt }) =>
    note('refresh-failed', `${sentenceFor(error).title} Next try ${timeOfDay(retryAt)}.`, true),
  )
  client.on('idp-session-ended', ({ endedBy, until }) =>
    note(
      'idp-session-ended',
      `${idpEndSentence(endedBy)} What is here lasts until ${timeOfDay(until)}.`,
      true,
    ),
  )
  client.on('expiring', ({ timeLeft }) =>
    note('expiring', `${spoken(timeLeft)} left unless it is used.`, true),
  )
  client.on('ended', ({ reason }) => note('ended', `${endSentence(reason)} (${reason})`, reason !== 'logout'))
  client.on('error', ({ error }) => {
    const { title, code } = sentenceFor(error)
    note('error', `${title} (${code})`, true)
  })
}
