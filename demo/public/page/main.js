// @ts-check
/** The script-tag page: one session client, everything it says shown. */
import { clearNoAnswer, showAlert } from './alert.js'
import { connectDeeds, showDeeds, takeRemembered } from './deeds.js'
import { byId } from './dom.js'
import { watchEvents } from './events.js'
import { keepLists } from './history.js'
import { connectMosaic, showMosaic } from './mosaic.js'
import { config, createClient, modeOf, showMode, withMode } from './mode.js'
import { showOrder } from './orders.js'
import { showPerson } from './person.js'
import { watchRequests } from './requests.js'
import { showSessions, tickSessions } from './sessions.js'
import { learnNow } from './time.js'

/** @typedef {import('tandem-session').SessionState} SessionState */

/** The user came back from a step-up without having given the second factor. */
const notStepped = () =>
  Object.assign(new Error('The ID token that came back has no acr mfa.'), {
    code: 'unmet_authentication_requirements',
  })

/** The colours the user wants, where they are not the system's. */
const connectTheme = () => {
  const button = byId('theme')
  const root = document.documentElement
  const system = matchMedia('(prefers-color-scheme: dark)')
  const show = () => {
    const dark = (root.dataset['theme'] ?? (system.matches ? 'dark' : 'light')) === 'dark'
    button.setAttribute('aria-pressed', String(dark))
  }
  button.addEventListener('click', () => {
    const next = button.getAttribute('aria-pressed') === 'true' ? 'light' : 'dark'
    root.dataset['theme'] = next
    sessionStorage.setItem('demo.theme', next)
    show()
  })
  system.addEventListener('change', show)
  show()
}

/** @param {import('./mode.js').Mode} mode */
const run = async (mode) => {
  const client = createClient(mode)
  const { attempt } = connectDeeds(client, mode)
  const login = () => void attempt('login')

  /** @param {SessionState} state @param {SessionState} [previous] */
  const show = (state, previous) => {
    showPerson(state)
    showSessions(state)
    showDeeds(state)
    showMosaic(state)
    if (previous?.status === 'loading' && state.status !== 'loading') clearNoAnswer()
    if (state.status !== previous?.status) void showOrder(client).catch((error) => showAlert(error, login))
  }
  if (config.mosaic) connectMosaic(client, () => void attempt('require-mfa'))
  client.subscribe(show)
  watchEvents(client)
  routeHere(() => void showOrder(client).catch((error) => showAlert(error, login)))
  show(client.getState())
  tickSessions(client.getState)

  client.on('refreshed', clearNoAnswer)
  client.on('ended', clearNoAnswer)

  let failed = false
  client.on('error', ({ error }) => {
    failed = true
    showAlert(error, login)
  })
  const state = await client.start()
  if (modeOf(location) !== mode) history.replaceState(history.state, '', withMode(location.href, mode))
  const remembered = takeRemembered()
  if (remembered === undefined || failed || state.status !== 'authenticated') return
  if (state.session.authentication.acr === 'mfa') await attempt(remembered)
  else showAlert(notStepped(), login)
}

/** Links to addresses of this page change the address and nothing else. @param {() => void} show */
const routeHere = (show) => {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-here]') : null
    if (!(link instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    history.pushState(null, '', link.href)
    show()
  })
  addEventListener('popstate', show)
}

learnNow(config.now)
connectTheme()
byId('mosaic-hint').hidden = config.mosaicBeside !== true
keepLists()
watchRequests()
const mode = modeOf(location)
showMode(mode)
run(mode).catch((error) => showAlert(error, () => location.reload()))
