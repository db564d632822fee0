import { bffClient, createSessionClient } from 'tandem-session'
import type { PageConfig } from '../site.js'

/** What `/config.js` told the page. */
export const config: PageConfig = Reflect.get(globalThis, 'DEMO')

/** The one session client of the page: tokens stay at the BFF, calls to the API go through it. */
export const client = createSessionClient({
  oauth: bffClient({ basePath: '/bff' }),
  resources: [{ url: `${config.api}/`, via: 'bff', upstream: 'shop' }],
})
