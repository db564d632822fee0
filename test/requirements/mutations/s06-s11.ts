/** Mutations for the statements on when access is allowed, and on names. */
import type { Mutation } from './mutation.js'

export const mutations: readonly Mutation[] = [
  {
    statement: 'S06',
    file: 'src/session/access.ts',
    text: "if (isExtendable(session, now)) return { outcome: 'extend' }",
    becomes: "if (!isExtendable(session, now)) return { outcome: 'extend' }",
  },
  {
    statement: 'S06',
    file: 'src/session/access.ts',
    text: 'if (unmet.length > 0) return',
    becomes: 'if (unmet.length > 1) return',
  },
  {
    statement: 'S07',
    file: 'src/bff/sessions/lookup.ts',
    text: "return over === null ? { state: 'live', open, session }",
    becomes: "return over?.endedBy !== 'revoked' ? { state: 'live', open, session }",
  },
  {
    statement: 'S08',
    file: 'src/session/access.ts',
    text: '<= criteria.maxAge * 1000',
    becomes: '<= criteria.maxAge * 2000',
  },
  {
    statement: 'S08',
    file: 'src/bff/problems.ts',
    text: "new Set<Unmet>(['acr', 'amr', 'maxAge'])",
    becomes: "new Set<Unmet>(['amr', 'maxAge'])",
  },
  {
    statement: 'S09',
    file: 'src/session/access.ts',
    text: 'if (now < session.access.expiresAt) return',
    becomes: "if (now < session.access.expiresAt && session.idp.status !== 'ended') return",
  },
  {
    statement: 'S10',
    file: 'src/bff/sessions/refreshing.ts',
    text: '(content) => withoutIdp(content, endedBy)',
    becomes: '(content) => content',
  },
  {
    statement: 'S11',
    file: 'src/session/events.ts',
    text: "'idp-session-ended': {",
    becomes: "'session-ended': {",
  },
]
