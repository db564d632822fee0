// @ts-check
/** What the buttons do. */
import { clearAlert, showAlert } from './alert.js'
import { byId } from './dom.js'
import { config, withMode } from './mode.js'
import { showAnswer, showOrders } from './orders.js'

/** @typedef {import('tandem-session').SessionClient} SessionClient */
/** @typedef {import('./mode.js').Mode} Mode */

/**
 * A step-up leaves the page: what was being done is kept in the address, so that it goes on afterwards.
 * @param {string} deed
 */
const remember = (deed) => history.replaceState(history.state, '', `#do-${deed}`)

/** What the address says was being done when the page was left, and takes it out of there. */
export const takeRemembered = () => {
  const deed = /^#do-((?:api|require)-mfa)$/.exec(location.hash)?.[1]
  if (deed !== undefined) history.replaceState(history.state, '', location.pathname + location.search)
  return deed
}

/**
 * Connects the buttons; returns the deeds by the id of their button.
 * @param {SessionClient} client
 * @param {Mode} mode
 */
export const connectDeeds = (client, mode) => {
  /** @param {string} path */
  const call = async (path) => {
    const response = await client.fetch(config.api + path).catch((cause) => {
      // What `fetch` says where there is no network.
      throw cause instanceof TypeError
        ? Object.assign(new Error(cause.message, { cause }), { code: 'network_failed' })
        : cause
    })
    if (response.ok) return response.json()
    // A problem of the BFF's own says what it is; an answer of the API only that it refused.
    const problem = response.headers.has('x-tandem') ? await response.json().catch(() => null) : null
    const message = problem?.detail ?? `GET ${path} was answered ${response.status}.`
    throw Object.assign(new Error(message), { code: problem?.code ?? 'api_refused' })
  }

  /** @type {Record<string, () => Promise<void>>} */
  const deeds = {
    login: () => client.login(),
    'switch-user': () => client.login({ prompt: 'select_account' }),
    orders: async () => showOrders((await call('/orders')).orders, mode),
    'api-mfa': async () => {
      remember('api-mfa')
      const { acr } = await call('/mfa')
      takeRemembered()
      showAnswer(`The API accepts the call: you signed in with a second factor (acr ${acr}).`)
    },
    'require-mfa': async () => {
      remember('require-mfa')
      const { authentication } = await client.require({ acr: 'mfa' })
      takeRemembered()
      showAnswer(`The session meets acr mfa: you signed in with ${authentication.amr.join(', ')}.`)
    },
    refresh: async () => {
      const { access } = await client.refresh()
      showAnswer(
        access.extendable
          ? 'Access is renewed.'
          : 'Access cannot be renewed any more. What is here lasts until it expires.',
      )
    },
    'logout-app': () => client.logout({ scope: 'app', returnTo: withMode('/', mode) }),
    'logout-idp': () => client.logout({ returnTo: withMode('/', mode) }),
  }

  /** Does it and says what went wrong. @param {string} name */
  const attempt = async (name) => {
    clearAlert()
    try {
      await deeds[name]?.()
    } catch (error) {
      takeRemembered()
      if (!name.startsWith('logout')) return showAlert(error, () => void attempt('login'))
      const message = error instanceof Error ? error.message : String(error)
      const failed = Object.assign(new Error(message, { cause: error }), { code: 'logout_failed' })
      showAlert(failed, () => void attempt(name), 'Log out again')
    }
  }

  for (const name of Object.keys(deeds)) {
    const button = byId(name)
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true') void attempt(name)
    })
  }
  // Access tokens of Mosaic do not say how their user authenticated: an API cannot ask for more by itself.
  byId('api-mfa').hidden = config.mosaic === true
  return { attempt }
}

const NEED_SESSION = [
  'orders',
  'api-mfa',
  'require-mfa',
  'refresh',
  'switch-user',
  'logout-app',
  'logout-idp',
]

/** Buttons that can do nothing now say so. @param {import('tandem-session').SessionState} state */
export const showDeeds = ({ status }) => {
  byId('login').hidden = status === 'authenticated'
  byId('switch-user').hidden = status !== 'authenticated'
  byId('login').setAttribute('aria-disabled', String(status !== 'unauthenticated'))
  for (const name of NEED_SESSION) {
    byId(name).setAttribute('aria-disabled', String(status !== 'authenticated'))
  }
}
