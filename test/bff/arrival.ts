/** What arrives at the redirect URI of a bench: the provider's answer, and the visit that brings it. */
import { ORIGIN } from './bench.js'
import type { Browser } from './bench.js'

/** Goes as far as the provider's answer, and stops before it is taken in. */
export async function answerFor(browser: Browser, query = 'return_to=/app'): Promise<URL> {
  const stopped = await browser.agent.navigate(`${ORIGIN}/bff/login?${query}`, {
    from: `${ORIGIN}/`,
    stopAt: (url) => url.pathname === '/bff/callback',
  })
  return stopped.url
}

/** What a browser sends at a visit, for requests outside of the tab. */
export const visit = ({ agent }: Browser, url: URL, init: RequestInit = {}): Request =>
  new Request(url, {
    redirect: 'manual',
    ...init,
    headers: {
      cookie:
        agent.cookies.header({
          url,
          method: 'GET',
          initiator: new URL('http://localhost'),
          topLevel: true,
        }) ?? '',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...init.headers,
    },
  })
