// @ts-check
/**
 * A page with a session client and nothing around it: what a test wants to see or to do is in its reach, as `tandem`. Who
 * holds the tokens is said by the address: `/spa/bff/…`, `/spa/mediated/…`; else this page does, with `/spa/` as redirect URI.
 */
const { createSessionClient, bffClient, browserClient } = Tandem
/** @type {import('../../../demo/site.js').PageConfig} */
const { api, issuer, clientId, audience } = Reflect.get(globalThis, 'DEMO')

const create = () => {
  const url = `${api}/`
  switch (location.pathname.split('/')[2]) {
    case 'bff':
      return createSessionClient({
        oauth: bffClient({ basePath: '/bff' }),
        resources: [{ url, via: 'bff', upstream: 'shop' }],
      })
    case 'mediated':
      return createSessionClient({
        oauth: bffClient({ basePath: '/bff', mediateTokens: true }),
        resources: [{ url, audience }],
      })
    default:
      return createSessionClient({
        oauth: browserClient({
          authority: issuer,
          clientId,
          redirectUri: '/spa/',
          silentRedirectUri: '/silent.html',
          scope: 'openid profile email offline_access orders:read orders:write',
        }),
        resources: [{ url, audience }],
      })
  }
}

const client = create()
/** @type {import('../app.js').TestPage} */
const page = { client, api, states: [], users: [], events: [] }
globalThis.tandem = page

client.subscribe((state) => {
  const user = state.status === 'authenticated' ? state.session.user.sub : ''
  page.states.push(state.status)
  page.users.push(user)
  Object.assign(document.documentElement.dataset, { status: state.status, user })
})
for (const type of /** @type {const} */ ([
  'authenticated',
  'refreshed',
  'refresh-failed',
  'idp-session-ended',
  'expiring',
  'ended',
  'error',
])) {
  client.on(type, (detail) =>
    page.events.push({ type, detail, at: performance.timeOrigin + performance.now() }),
  )
}
await client.start()

export {}
