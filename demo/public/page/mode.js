// @ts-check
/** Who holds the tokens: chosen by `?mode=…` in the address, so that reloading keeps it and nothing is stored. */
import { byId, say } from './dom.js'

/** @typedef {'bff' | 'browser' | 'mediated'} Mode */
/** @typedef {import('../../site.js').ServedConfig} ServedConfig */

/** @type {ServedConfig} */
export const config = Reflect.get(globalThis, 'DEMO')

/** The redirect URI of `browserClient`: whoever comes back to it was in that mode. */
const CALLBACK = '/callback'

const SCOPE = 'openid profile email offline_access orders:read orders:write'

/** @returns {Mode} */
export const modeOf = (/** @type {Location | URL} */ { pathname, search }) => {
  if (pathname === CALLBACK && !config.mosaic) return 'browser'
  const asked = new URLSearchParams(search).get('mode')
  if ((asked === 'browser' && !config.mosaic) || (asked === 'mediated' && config.mediated)) return asked
  return 'bff'
}

/**
 * An address of this page with the mode in it; the default mode needs none.
 * @param {string} path
 * @param {Mode} mode
 */
export const withMode = (path, mode) => {
  const url = new URL(path, location.href)
  if (mode === 'bff') url.searchParams.delete('mode')
  else url.searchParams.set('mode', mode)
  return url.pathname + url.search + url.hash
}

/**
 * The session client of this page.
 * @param {Mode} mode
 */
export const createClient = (mode) => {
  const { createSessionClient, bffClient, browserClient } = Tandem
  const url = `${config.api}/`
  switch (mode) {
    case 'bff':
      return createSessionClient({
        oauth: bffClient({ basePath: '/bff' }),
        resources: [{ url, via: 'bff', upstream: 'shop' }],
      })
    case 'mediated':
      return createSessionClient({
        oauth: bffClient({ basePath: '/bff', mediateTokens: true }),
        resources: [{ url, audience: config.audience }],
      })
    case 'browser':
      return createSessionClient({
        oauth: browserClient({
          authority: config.issuer,
          clientId: config.clientId,
          redirectUri: location.origin + CALLBACK,
          silentRedirectUri: `${location.origin}/silent.html`,
          scope: SCOPE,
        }),
        resources: [{ url, audience: config.audience }],
      })
  }
}

const TEXTS = {
  bff: 'Tokens stay on the server. The page has a cookie no script can read, and its calls go through the BFF.',
  browser:
    'The page is the OAuth client. Its tokens live in its memory, never in a storage, and it calls the API itself.',
  mediated:
    'The refresh token stays at the BFF; the page is handed the access token and calls the API itself.',
}

const api = () => JSON.stringify(`${config.api}/`)
const CODE = {
  bff: () => `Tandem.createSessionClient({
  oauth: Tandem.bffClient({ basePath: '/bff' }),
  resources: [{ url: ${api()},
    via: 'bff', upstream: 'shop' }],
})`,
  browser: () => `Tandem.createSessionClient({
  oauth: Tandem.browserClient({
    authority: ${JSON.stringify(config.issuer)},
    clientId: ${JSON.stringify(config.clientId)},
    redirectUri: location.origin + '${CALLBACK}',
  }),
  resources: [{ url: ${api()} }],
})`,
  mediated: () => `Tandem.createSessionClient({
  oauth: Tandem.bffClient({ basePath: '/bff',
    mediateTokens: true }),
  resources: [{ url: ${api()} }],
})`,
}

/** Shows the mode, and the ways to the others. @param {Mode} mode */
export const showMode = (mode) => {
  document.documentElement.dataset['mode'] = mode
  for (const link of document.querySelectorAll('[data-mode]')) {
    if (!(link instanceof HTMLAnchorElement)) continue
    const own = /** @type {Mode} */ (link.dataset['mode'])
    link.href = withMode('/', own)
    link.hidden = own === 'mediated' ? !config.mediated : own === 'browser' && config.mosaic === true
    if (own === mode) link.setAttribute('aria-current', 'true')
  }
  for (const link of document.querySelectorAll('.brand, nav [aria-current=page]')) {
    if (link instanceof HTMLAnchorElement) link.href = withMode('/', mode)
  }
  say(byId('mode-text'), TEXTS[mode])
  say(byId('mode-code'), CODE[mode]().replaceAll('"', "'"))
}
