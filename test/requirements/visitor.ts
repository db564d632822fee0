/** Somebody at Mosaic without the BFF between, and moments that matter to the second. */
import type { Mosaic, SessionRecord } from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'
import { APP_ORIGIN } from './world.js'

/** A browser in which a page answers at the app's callback, and nothing else does. */
export const visitor = (): UserAgent =>
  createUserAgent({ now: () => Date.now(), handlers: { [APP_ORIGIN]: () => new Response('the app') } })

/** How long a listed session lasts from its beginning, s. */
export const lifetimeOf = (session: SessionRecord | undefined): number =>
  (Date.parse(session?.expiration_time ?? '') - Date.parse(session?.start_time ?? '')) / 1000

/**
 * What `act` gives in the second that begins at `moment` (ms since epoch): where it takes longer than the second, on a busy machine,
 * the clock is set back and it is done again. So `act` must change nothing that matters to itself.
 */
export const inTheSecondOf = async <T>(
  { clock }: Pick<Mosaic, 'clock'>,
  moment: number,
  act: () => Promise<T>,
): Promise<T> => {
  for (let tries = 1; tries <= 20; tries += 1) {
    clock.advance(moment - clock.now())
    const result = await act()
    if (clock.now() < moment + 1000) return result
  }
  throw new Error('this machine is too busy to do that within a second')
}
