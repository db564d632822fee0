/** A client that is signed in and started, in front of a scripted BFF. */
import { bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient } from '../../src/index.js'
import { createWireBff, own } from './wire-bff.js'
import type { Answer, Changes, WireBff } from './wire-bff.js'

export const setUp = async (
  changes: Changes = {},
  sub = 'alice',
): Promise<{ bff: WireBff; client: SessionClient }> => {
  const bff = createWireBff()
  bff.signIn(sub, changes)
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
  await client.start()
  bff.page.advance(1_000)
  return { bff, client }
}

/** Scripts an answer that is given when the test says so. */
export const held = (bff: WireBff, door: string, make: () => Response): (() => void) => {
  let release = (): void => {}
  const answer: Answer = () => {
    const response = make()
    return new Promise((resolve) => (release = () => resolve(response)))
  }
  bff.once(door, answer)
  return () => release()
}

/** What the BFF says of the session now. */
export const sessionAnswer = (bff: WireBff): Response =>
  own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })

/** How the renewal stands, or the state where nobody is signed in. */
export const renewalOf = (client: SessionClient): unknown => {
  const state = client.getState()
  return state.status === 'authenticated' ? state.renewal : state
}
