/** Mutations for the statements on logouts, revocations and lifetimes. */
import type { Mutation } from './mutation.js'

export const mutations: readonly Mutation[] = [
  {
    statement: 'S26',
    file: 'src/bff/endpoints/logout.ts',
    text: 'if (options.idp.sessionsApi?.logout !== true) return',
    becomes: 'if (options.idp.sessionsApi?.logout === true) return',
  },
  {
    statement: 'S27',
    file: 'src/bff/idp/idp.ts',
    text: '...(hint && { id_token_hint: idToken }),',
    becomes: '',
  },
  {
    statement: 'S28',
    file: 'demo/mosaic/tenant.ts',
    text: "if (other.id === session.id || settings.logoutScope === 'user') return true",
    becomes: 'if (other.id === session.id) return true',
  },
  {
    statement: 'S29',
    file: 'src/bff/idp-sessions/idp-sessions.ts',
    text: 'outcome(api.revoke({ sub }))',
    becomes: 'outcome(api.list({ sub }).then(({ length }) => length))',
  },
  {
    statement: 'S30',
    file: 'demo/mosaic/api.ts',
    text: 'const reached = tenant.sessions.live(({ userId }) => userId === sub)',
    becomes: 'const reached = tenant.sessions.live(({ userId }) => userId === sub).slice(0, 1)',
  },
  {
    statement: 'S31',
    file: 'demo/mosaic/api.ts',
    text: 'parts.storage().revokeGrants(sub)',
    becomes: 'void sub',
  },
  {
    statement: 'S31',
    file: 'src/bff/sessions/refreshing.ts',
    text: '(content) => withoutIdp(content, endedBy)',
    becomes: '(content) => ({ ...content, unanswered: endedBy === null })',
  },
  {
    statement: 'S32',
    file: 'demo/mosaic/authorization.ts',
    text: 'lifetime: clients.get(client.clientId)?.session_expiration ?? TWO_WEEKS',
    becomes: 'lifetime: TWO_WEEKS',
  },
  {
    statement: 'S33',
    file: 'demo/mosaic/clients.ts',
    text: '...(resource ?? client?.token_expiration),',
    becomes: '...client?.token_expiration,',
  },
  {
    statement: 'S33',
    file: 'src/bff/sessions/content.ts',
    text: 'refreshToken: tokens.refreshToken ?? content.refreshToken',
    becomes: 'refreshToken: content.refreshToken',
  },
  {
    statement: 'S34',
    file: 'src/presets/mosaic-bff.ts',
    text: "&& { prompt: 'consent' })",
    becomes: "&& { prompt: 'consent login' })",
  },
]
