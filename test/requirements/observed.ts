/** What a browser is answered by the app's origin: cookies, headers, bodies. */
import type { Browser } from '../bff/bench.js'
import { APP_ORIGIN, type World } from './world.js'

/** One answer. */
export interface Observed {
  /** Method and path. */
  readonly door: string
  readonly status: number
  readonly headers: Headers
  /** Empty for a stream of events. */
  readonly body: string
}

/** Notes every answer to a browser from now on. */
export const observe = ({ app }: World, browser: Browser): Observed[] => {
  const seen: Observed[] = []
  browser.agent.handle(APP_ORIGIN, async (request) => {
    const answer = await app(request)
    const isStream = answer.headers.get('content-type') === 'text/event-stream'
    const body = isStream ? '' : await answer.clone().text()
    const { pathname } = new URL(request.url)
    seen.push({
      door: `${request.method} ${pathname}`,
      status: answer.status,
      headers: new Headers(answer.headers),
      body,
    })
    return answer
  })
  return seen
}

/** A `Set-Cookie`, taken apart. */
export interface SetCookie {
  readonly door: string
  readonly name: string
  readonly value: string
  /** Lower-case names; '' where there is no value. */
  readonly attributes: ReadonlyMap<string, string>
}

/** Every `Set-Cookie` of these answers. */
export const cookiesIn = (seen: readonly Observed[]): SetCookie[] =>
  seen.flatMap(({ door, headers }) =>
    headers.getSetCookie().map((line) => {
      const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
      const [name = '', ...value] = pair.split('=')
      const attributes = new Map(
        rest.map((part) => {
          const [key = '', ...words] = part.split('=')
          return [key.toLowerCase(), words.join('=')]
        }),
      )
      return { door, name, value: value.join('='), attributes }
    }),
  )

/** A visit to every door: a login, a look, a step-up, a renewal, calls, what fails, and a logout. Everything is answered. */
export const visitEveryDoor = async ({ pass }: World, browser: Browser): Promise<void> => {
  await browser.fetch('/bff/session')
  await browser.login('alice')
  await browser.signedIn()
  await browser.fetch('/bff/api/orders/1')
  await browser.fetch('/bff/api/nowhere/1')
  await (await browser.fetch('/bff/events')).body?.cancel()
  await browser.fetch('/bff/token')
  await browser.fetch('/own')
  await browser.login('alice', '/bff/login?return_to=/app&acr_values=mfa')
  await browser.post('/bff/refresh')
  pass(3601)
  await browser.fetch('/bff/api/orders/1')
  await browser.fetch('/bff/callback?code=stale&state=stale')
  await browser.agent.navigate('/bff/callback?error=access_denied&state=none')
  await browser.login('alice', '/bff/login?return_to=/app&prompt=none')
  await browser.post('/bff/refresh', {}, { csrf: 'forged' })
  await browser.post('/bff/logout')
  await browser.session()
  await browser.fetch('/bff/api/orders/1')
}
