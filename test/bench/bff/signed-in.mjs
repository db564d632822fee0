// @ts-check
/** The demo's provider, and a user who signs in at it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET } from '../../../demo/idp/clients.js'
import { createUserAgent } from '../../support/user-agent.js'

/** @param {string} origin @param {string} callback where the provider sends users back to, e.g. `/callback` */
export async function signedIn(origin, callback) {
  const provider = fork(new URL('idp.mjs', import.meta.url), [origin, callback], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [{ issuer }] = await once(provider, 'message')
  return {
    idp: { issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET },
    /** @param {string} address @param {readonly string[]} names of the cookies that make the session */
    async login(address, names) {
      const agent = createUserAgent()
      await agent.navigate(address)
      await agent.login('alice')
      /** @type {Record<string, string>} */
      const cookies = {}
      for (const name of names) {
        const value = agent.cookies.get(origin, name)?.value
        if (value === undefined) throw new Error(`no cookie ${name} after the login`)
        cookies[name] = value
      }
      return cookies
    },
  }
}
