// @ts-check
/** The two sessions as bars with their ends ticking, and the access token as a third. */
import { byId, say } from './dom.js'
import { config } from './mode.js'
import { idpEndSentence, sentenceFor } from './sentences.js'
import { countdown, serverNow, spoken, timeOfDay } from './time.js'

/** @typedef {import('tandem-session').SessionState} SessionState */
/** @typedef {Extract<SessionState, { status: 'authenticated' }>} Authenticated */
/** @typedef {'idp' | 'app' | 'access'} Part */
/**
 * What is shown of one part. `endsAt` is ms since the epoch, absent where there is no known end; `word` then stands in
 * the clock's place.
 * @typedef {{ endsAt?: number, word?: string, note: string, over?: boolean, markAt?: number | null }} Reading
 */

/** @type {readonly Part[]} */
const PARTS = ['idp', 'app', 'access']

/** How long a part's bar is when full: its configured life, or more where more was seen. ms. */
const full = {
  idp: config.lifetimes['idpSession'] ?? 0,
  app: config.lifetimes['idle'] || config.lifetimes['absolute'] || 0,
  access: config.lifetimes['accessToken'] ?? 0,
}
for (const part of PARTS) full[part] *= 1000

/** @param {Authenticated} state @returns {Reading} */
const idpReading = ({ session: { idp } }) => {
  if (idp.status === 'ended') {
    // A refusal tells that access is renewed no more, and not that the session there is over: it may live on.
    const word = (idp.endedBy ?? 'unknown') === 'unknown' ? 'Renewed no more' : 'Over'
    return { word, over: true, note: idpEndSentence(idp.endedBy) }
  }
  if (idp.endsAt === undefined) return { word: 'Open', note: 'The provider does not tell when it ends.' }
  return {
    endsAt: idp.endsAt,
    note: `Ends at ${timeOfDay(idp.endsAt)}. Each renewal of access moves that on.`,
  }
}

/** @param {Authenticated} state @returns {Reading} */
const appReading = ({ session: { app } }) => {
  if (app.idleEndsAt === undefined || app.idleEndsAt >= app.endsAt)
    return { endsAt: app.endsAt, note: `Ends at ${timeOfDay(app.endsAt)}, used or not.` }
  const note = `Ends at ${timeOfDay(app.idleEndsAt)} unless it is used; at ${timeOfDay(app.endsAt)} in any case.`
  return { endsAt: app.idleEndsAt, note }
}

/** @param {Authenticated} state @returns {Reading} */
const accessReading = ({ session: { access, idp }, renewal }) => {
  const endsAt = access.expiresAt
  if (renewal.status === 'renewing') return { endsAt, note: 'Being renewed now.' }
  if (renewal.status === 'waiting') {
    const { title } = sentenceFor(renewal.error)
    return { endsAt, note: `${title} Next try at ${timeOfDay(renewal.retryAt)}.` }
  }
  if (renewal.dueAt !== null)
    return {
      endsAt,
      markAt: renewal.dueAt,
      note: `Renews by itself at ${timeOfDay(renewal.dueAt)}, at the mark.`,
    }
  const isOver = idp.status === 'ended' && (idp.endedBy ?? 'unknown') !== 'unknown'
  const why = isOver ? 'The session at the provider is over' : 'Nothing can renew it'
  return { endsAt, note: `${why}, so this app’s session ends with it.` }
}

/** @type {Record<Part, (state: Authenticated) => Reading>} */
const readings = { idp: idpReading, app: appReading, access: accessReading }

/** What is shown where nobody is signed in. @type {Record<Part, Reading>} */
const NONE = {
  idp: { word: 'No session', note: 'Begins at login. Each renewal of access moves its end on.' },
  app: { word: 'No session', note: 'Begins with it, and ends when it is not used.' },
  access: { word: '–', note: 'Renewed by itself for as long as the session at the provider lasts.' },
}

/**
 * @param {Part} part
 * @param {Reading} reading
 */
const show = (part, { endsAt, word, note, over = false, markAt = null }) => {
  const bar = byId(`${part}-bar`)
  const left = endsAt === undefined ? 0 : Math.max(0, endsAt - serverNow())
  full[part] = Math.max(full[part], left)
  const filled = word === 'Open' ? 100 : full[part] === 0 ? 0 : (left / full[part]) * 100
  const before = Number.parseFloat(bar.style.getPropertyValue('--left')) || 0
  bar.toggleAttribute('data-leap', filled > before + 1 || before > filled + 20)
  bar.style.setProperty('--left', `${filled.toFixed(3)}%`)
  bar.toggleAttribute('data-mark', markAt !== null)
  if (markAt !== null && endsAt !== undefined) {
    bar.style.setProperty('--mark', `${(((endsAt - markAt) / full[part]) * 100).toFixed(3)}%`)
  }
  byId(part).classList.toggle('over', over)
  say(byId(`${part}-clock`), word ?? countdown(left))
  say(byId(`${part}-note`), note)

  // A screen reader asks when it wants to know; in steps of ten seconds it is told little and often enough.
  const step = Math.ceil(left / 10_000) * 10
  bar.setAttribute('aria-valuemin', '0')
  bar.setAttribute('aria-valuemax', String(Math.max(1, Math.round(full[part] / 1000))))
  bar.setAttribute('aria-valuenow', String(Math.min(step, Math.round(full[part] / 1000))))
  bar.setAttribute(
    'aria-valuetext',
    word === undefined
      ? `${spoken(step * 1000)} left`
      : endsAt === undefined && word !== 'Open' && !over
        ? 'none'
        : word,
  )
}

/** What is shown while nothing is known. @type {Reading} */
const UNKNOWN = { word: '…', note: 'Not known yet.' }

/** Shows the sessions of a state as they are now. @param {SessionState} state */
export const showSessions = (state) => {
  for (const part of PARTS) {
    if (state.status === 'authenticated') show(part, readings[part](state))
    else show(part, state.status === 'unauthenticated' ? NONE[part] : UNKNOWN)
  }
}

/** Shows them again at every full second, while the page is seen. @param {() => SessionState} getState */
export const tickSessions = (getState) => {
  const tick = () => {
    if (document.visibilityState === 'visible') showSessions(getState())
    setTimeout(tick, 1000 - (serverNow() % 1000))
  }
  tick()
  document.addEventListener('visibilitychange', () => showSessions(getState()))
}
