/** Mutations for the statements on tokens, and on how long a session at the IDP lasts. */
import type { Mutation } from './mutation.js'

export const mutations: readonly Mutation[] = [
  {
    statement: 'S12',
    file: 'demo/mosaic/authorization.ts',
    text: 'if (!result?.login || !client || session?.accountId === undefined) return',
    becomes:
      'if (!result?.login || !client || session?.accountId === undefined || sessions.ofBrowser(session.uid)) return',
  },
  {
    statement: 'S12',
    file: 'src/bff/sessions/writing.ts',
    text: 'ref: toBase64Url(edges.random(REF_BYTES))',
    becomes: "ref: 'the same'",
  },
  {
    statement: 'S13',
    file: 'src/bff/sessions/content.ts',
    text: "idToken,\n    unanswered: false,\n    began: 'login',",
    becomes: "idToken: null,\n    unanswered: false,\n    began: 'login',",
  },
  {
    statement: 'S14',
    file: 'src/presets/mosaic-bff.ts',
    text: "(asked.split(' ').includes('offline_access') &&",
    becomes: "(asked === '' &&",
  },
  {
    statement: 'S14',
    file: 'src/bff/sessions/content.ts',
    text: 'extendable: content.refreshToken !== null &&',
    becomes: 'extendable:',
  },
  {
    statement: 'S15',
    file: 'demo/mosaic/tenant.ts',
    text: "if (other.id === session.id || settings.logoutScope === 'user') return true",
    becomes: "if (other.id === session.id || settings.logoutScope !== 'app') return true",
  },
  {
    statement: 'S16',
    file: 'src/bff/idp/idp.ts',
    text: 'if (tokens.claims !== null && tokens.claims.sub !== sub) throw',
    becomes: "if (tokens.claims !== null && tokens.claims.sub === '') throw",
  },
  {
    statement: 'S17',
    file: 'src/bff/idp/acceptance.ts',
    text: 'if (!clients.some((client) => acceptTokens.clientId.includes(client)))',
    becomes: 'if (clients.length === 0)',
  },
  {
    statement: 'S18',
    file: 'src/bff/idp/acceptance.ts',
    text: 'if ((payload.exp ?? 0) * 1000 <= edges.now())',
    becomes: 'if (payload.exp === undefined)',
  },
  {
    statement: 'S19',
    file: 'src/bff/idp/access-token.ts',
    text: 'return isBelieved ? byLength - Math.max(early, 1000) : byLength',
    becomes: 'return byLength + 1000',
  },
  {
    statement: 'S20',
    file: 'src/bff/sessions/content.ts',
    text: "return { sub: '', ...Object.fromEntries(told) }",
    becomes: "return { ...Object.fromEntries(told), sub: 'user' }",
  },
  {
    statement: 'S21',
    file: 'src/session/access.ts',
    text: "for (const name of ['audience', 'scope', 'roles'] as const)",
    becomes: "for (const name of ['scope', 'roles'] as const)",
  },
  {
    statement: 'S21',
    file: 'demo/mosaic/configuration.ts',
    text: 'const isAttached = clients.get(clientId)?.resources?.includes(uri) ?? false',
    becomes: 'const isAttached = clients.get(clientId) !== undefined',
  },
  {
    statement: 'S22',
    file: 'src/session/access.ts',
    text: "for (const name of ['audience', 'scope', 'roles'] as const)",
    becomes: "for (const name of ['audience', 'scope'] as const)",
  },
  {
    statement: 'S23',
    file: 'src/presets/mosaic-bff.ts',
    text: 'const TWO_WEEKS = 1_209_600',
    becomes: 'const TWO_WEEKS = 604_800',
  },
  {
    statement: 'S24',
    file: 'src/presets/mosaic-options.ts',
    text: 'export const LONGEST_SESSION = 31_536_000',
    becomes: 'export const LONGEST_SESSION = 31_622_400',
  },
  {
    statement: 'S24',
    file: 'demo/mosaic/durations.ts',
    text: 'export const LONGEST_SESSION = 365 * DAY',
    becomes: 'export const LONGEST_SESSION = 366 * DAY',
  },
  {
    statement: 'S25',
    file: 'src/bff/sessions/content.ts',
    text: 'idp: { ...content.idp, ...endsAt(tokens, told ? null : idpLifetime, now) },',
    becomes: 'idp: content.idp,',
  },
  {
    statement: 'S25',
    file: 'demo/mosaic/authorization.ts',
    text: 'if (isRefresh ? tenant.settings.refreshExtendsSession : grantId !== session.firstGrant)',
    becomes: 'if (!isRefresh && grantId !== session.firstGrant)',
  },
  {
    statement: 'S25',
    file: 'src/bff/sessions/content.ts',
    text: '...endsAt(tokens, idpLifetime, now),',
    becomes: '',
  },
  {
    statement: 'S25',
    file: 'demo/mosaic/authorization.ts',
    text: ': grantId !== session.firstGrant)',
    becomes: ': grantId === null)',
  },
]
