// @ts-check
/** The panel "What Mosaic does": buttons that do something at the provider, and what it was asked since. */
import { showAlert } from './alert.js'
import { byId, element, say } from './dom.js'
import { countdown, learnNow, serverNow, spoken, timeOfDay } from './time.js'

/** @typedef {import('tandem-session').SessionClient} SessionClient */
/** @typedef {import('tandem-session').SessionState} SessionState */
/** @typedef {import('tandem-session').Session} Session */
/** @typedef {import('../../mosaic-panel/control.js').PanelState} PanelState */
/** @typedef {import('../../mosaic-panel/log.js').LogLine} LogLine */

/** How often the panel looks at Mosaic while it is seen, ms. */
const EVERY = 1_000

/** What the user sees next, beside what the server says. @type {Readonly<Record<string, string>>} */
const NEXT = {
  'logout-elsewhere': 'It tells no application: this one learns it when it renews access next.',
  revoke: 'It tells no application: this one learns it when it renews access next.',
  cap: 'What is here lasts until the access token expires. Log in then: Mosaic asks nothing.',
}

const buttons = () => /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('[data-mosaic]')])

/**
 * How many seconds the clock has to go for a part of the session to be over.
 * @param {Session} session
 * @param {string | undefined} part
 */
const secondsPast = ({ access, app, idp }, part) => {
  const ends = { access: access.expiresAt, idp: idp.endsAt, app: app.idleEndsAt ?? app.endsAt }
  const end = part === 'access' || part === 'idp' || part === 'app' ? ends[part] : undefined
  return Math.max(1, Math.ceil(((end ?? access.expiresAt) - serverNow()) / 1000) + 1)
}

/** @param {LogLine} line */
const rowOf = ({ at, method, path, what, status, error }) => {
  const refused = status !== null && status >= 400
  return element(
    'tr',
    {},
    element('td', {}, element('time', { datetime: new Date(at).toISOString() }, timeOfDay(at))),
    element('td', {}, `${method} ${path}`, ...(what === '' ? [] : [element('small', {}, what)])),
    element(
      'td',
      refused ? { class: 'refused' } : {},
      status === null ? '…' : String(status),
      ...(error === null ? [] : [element('small', {}, error)]),
    ),
  )
}

let listed = ''

/** @param {PanelState} state @param {string | undefined} sub */
const showState = ({ now, ahead, sessions, log }, sub) => {
  const last = Math.max(0, ...sessions.map(({ expiration_time: end }) => Date.parse(end)))
  const count = sessions.length === 1 ? '1 session' : `${sessions.length} sessions`
  const words =
    sub === undefined
      ? 'Nobody is signed in here.'
      : sessions.length === 0
        ? `Mosaic has no session of ${sub}.`
        : `Mosaic has ${count} of ${sub}, ${sessions.length === 1 ? 'good' : 'the last good'} for ${countdown(last - now)}.`
  say(byId('mosaic-now'), ahead === 0 ? words : `${words} Its clock is ${spoken(ahead)} ahead.`)
  const key = JSON.stringify(log)
  if (key === listed) return
  listed = key
  byId('mosaic-log').replaceChildren(...log.map(rowOf))
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} [told] absent: only looks
 * @returns {Promise<PanelState>}
 */
const ask = async (path, told) => {
  const response = await fetch(`/demo/mosaic/${path}`, {
    ...(told && {
      method: 'POST',
      body: JSON.stringify(told),
      headers: { 'content-type': 'application/json' },
    }),
  })
  const answer = await response.json()
  if (!response.ok) throw Object.assign(new Error(answer.error), { code: 'mosaic_refused' })
  // Before anything is told of in the time it has now.
  learnNow(answer.now)
  return answer
}

/** Buttons that can do nothing now say so. @param {SessionState} state */
export const showMosaic = ({ status }) => {
  for (const button of buttons()) {
    const always = button.dataset['mosaic'] === 'clock-back'
    button.setAttribute('aria-disabled', String(!always && status !== 'authenticated'))
  }
}

/**
 * Shows the panel and connects its buttons.
 * @param {SessionClient} client
 * @param {() => void} requireMfa
 */
export const connectMosaic = (client, requireMfa) => {
  byId('mosaic').hidden = false

  const session = () => {
    const state = client.getState()
    return state.status === 'authenticated' ? state.session : undefined
  }
  const look = async () => {
    const sub = session()?.user.sub
    showState(await ask(`state${sub === undefined ? '' : `?sub=${encodeURIComponent(sub)}`}`), sub)
  }

  /** @param {HTMLButtonElement} button */
  const press = async ({ dataset: { mosaic: deed = '', past } }) => {
    const current = session()
    if (deed === 'mfa') return requireMfa()
    const told = {
      sub: current?.user.sub,
      ...(deed === 'clock' && current && { seconds: secondsPast(current, past) }),
    }
    const state = await ask(deed, told)
    showState(state, current?.user.sub)
    byId('mosaic-answer').replaceChildren(
      element('p', {}, [state.done, NEXT[deed]].filter(Boolean).join(' ')),
    )
    // The time has moved: what is still there is the server's to say.
    if (deed.startsWith('clock')) await client.checkSession()
  }

  for (const button of buttons()) {
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true')
        press(button).catch((error) => showAlert(error, () => {}))
    })
  }

  const tick = async () => {
    // A look that fails is made up for by the next.
    if (document.visibilityState === 'visible') await look().catch(() => {})
    setTimeout(tick, EVERY)
  }
  void tick()
}
