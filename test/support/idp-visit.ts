/** What a test of the demo's provider begins with. */
import { startTestIdp, type Idp } from './idp.js'
import { createRelyingParty, type RelyingParty, type Tokens } from './relying-party.js'
import { createUserAgent, type UserAgent } from './user-agent.js'

/** A provider of one's own, its client, and a browser in which alice has signed in. */
export interface IdpVisit {
  readonly idp: Idp
  readonly rp: RelyingParty
  readonly agent: UserAgent
  readonly tokens: Tokens
}

/** Starts the provider for one test, and signs alice in. `await idp.close()` when done. */
export const startIdpVisit = async (): Promise<IdpVisit> => {
  const idp = await startTestIdp()
  const rp = await createRelyingParty(idp.issuer)
  const agent = createUserAgent()
  return { idp, rp, agent, tokens: await rp.signIn(agent, 'alice') }
}
