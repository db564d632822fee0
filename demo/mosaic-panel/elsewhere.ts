import { createHash, randomBytes } from 'node:crypto'
import { MOSAIC_CLIENT_SECRET, OTHER_CLIENT_ID, type Mosaic } from '../mosaic/index.js'

/** A browser without a window: its cookies, and where it is. Mosaic is its only host, so a cookie has a name and nothing else. */
const createBrowser = (origin: string) => {
  const cookies = new Map<string, string>()
  /** Follows redirects for as long as they stay at Mosaic; returns where it then is. */
  const go = async (address: URL, form?: URLSearchParams): Promise<URL> => {
    let url = address
    let body = form
    while (url.origin === origin) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie },
        ...(body && { method: 'POST', body }),
      })
      await answer.body?.cancel()
      for (const header of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(header) ?? []
        if (name !== undefined) cookies.set(name, value ?? '')
      }
      const location = answer.headers.get('location')
      if (location === null) return url
      url = new URL(location, url)
      body = undefined
    }
    return url
  }
  return { go }
}

/**
 * Another browser of the same user: signs in to the tenant's other application by the hosted page, and returns the access token.
 * @throws {Error} where Mosaic does not give it
 */
export const signInElsewhere = async (mosaic: Mosaic, username: string): Promise<string> => {
  const [redirectUri = ''] = mosaic.clients.get(OTHER_CLIENT_ID)?.redirect_uris ?? []
  const verifier = randomBytes(32).toString('base64url')
  const address = new URL('/cis/oidc/auth', mosaic.baseUrl)
  address.search = new URLSearchParams({
    client_id: OTHER_CLIENT_ID,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    state: 'elsewhere',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()

  const { go } = createBrowser(mosaic.baseUrl)
  const page = await go(address)
  const back = await go(new URL(`${page.pathname}/account`, page), new URLSearchParams({ username }))
  const answer = await fetch(`${mosaic.baseUrl}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      client_id: OTHER_CLIENT_ID,
      client_secret: MOSAIC_CLIENT_SECRET,
      code_verifier: verifier,
    }),
  })
  const { access_token: token, error }: { access_token?: string; error?: string } = await answer.json()
  if (token === undefined) throw new Error(`The other browser was not signed in: ${error ?? answer.status}.`)
  return token
}
