// @ts-check
/**
 * One tab of the soak: a session client, and counts of what it tells. Nothing here grows with time, so that what grows is the client's.
 * Who holds the tokens is said by the address: `/soak/bff/` or `/soak/browser/`.
 */
const { createSessionClient, bffClient, browserClient } = Tandem
/** @type {import('../../../demo/site.js').PageConfig} */
const { api, issuer, clientId, audience } = Reflect.get(globalThis, 'DEMO')
const url = `${api}/`

const client =
  location.pathname.split('/')[2] === 'bff'
    ? createSessionClient({
        oauth: bffClient({ basePath: '/bff' }),
        resources: [{ url, via: 'bff', upstream: 'shop' }],
      })
    : createSessionClient({
        oauth: browserClient({
          authority: issuer,
          clientId,
          redirectUri: '/soak/browser/',
          silentRedirectUri: '/silent.html',
          scope: 'openid profile email offline_access orders:read orders:write',
        }),
        resources: [{ url, audience }],
      })

/** @type {import('../tab.js').Tally} */
const tally = {
  events: {},
  ended: [],
  left: 0,
  repeated: 0,
  errors: [],
}
let renewedUntil = 0

/** @param {string} text */
const note = (text) => {
  tally.errors = [...tally.errors, text].slice(-5)
}
addEventListener('error', ({ message }) => note(message))
addEventListener('unhandledrejection', ({ reason }) => note(String(reason)))

for (const type of /** @type {const} */ ([
  'authenticated',
  'refreshed',
  'refresh-failed',
  'idp-session-ended',
  'expiring',
  'ended',
  'error',
])) {
  client.on(type, (detail) => {
    tally.events[type] = (tally.events[type] ?? 0) + 1
    if ('reason' in detail) tally.ended = [...tally.ended, detail.reason].slice(-5)
    if (type !== 'refreshed' || !('session' in detail)) return
    const { expiresAt } = detail.session.access
    if (expiresAt <= renewedUntil) tally.repeated += 1
    renewedUntil = expiresAt
  })
}
client.subscribe(({ status }) => {
  if (status === 'redirecting') tally.left += 1
})

/** @type {import('../tab.js').SoakPage} */
const soak = {
  client,
  tally,
  look: () => {
    const state = client.getState()
    if (state.status !== 'authenticated') return { status: state.status }
    const { session, renewal, status } = state
    return { status, renewal: renewal.status, ref: session.ref, expiresAt: session.access.expiresAt }
  },
  call: async () => {
    try {
      return (await client.fetch(`${url}whoami`)).status
    } catch (error) {
      return String(error)
    }
  },
}
Reflect.set(globalThis, 'soak', soak)
await client.start()

export {}
