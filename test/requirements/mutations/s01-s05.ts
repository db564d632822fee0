/** Mutations for the statements on what a session at the IDP is. */
import type { Mutation } from './mutation.js'

export const mutations: readonly Mutation[] = [
  {
    statement: 'S01',
    file: 'demo/mosaic/sessions.ts',
    text: 'session !== undefined && !session.ended && session.expiresAt > Date.now()',
    becomes: 'session !== undefined && !session.ended',
  },
  {
    statement: 'S01',
    file: 'src/session/timing.ts',
    text: 'idleEndsAt: Math.min(usedAt + idle * 1000, endsAt)',
    becomes: 'idleEndsAt: endsAt',
  },
  {
    statement: 'S01',
    file: 'src/bff/idp-sessions/api.ts',
    text: "expiresAt: time('expiration_time')",
    becomes: "expiresAt: time('start_time')",
  },
  {
    statement: 'S02',
    file: 'demo/mosaic/backend.ts',
    text: 'all.set(session.session_id, session)',
    becomes:
      "all.set(session.session_id, session); tenant.sessions.start({ userId: sub, clientId, browser: '', lifetime: TWO_WEEKS, methods: new Set(), amr: [] })",
  },
  {
    statement: 'S03',
    file: 'src/bff/login/completion.ts',
    text: 'return new Set([from, here].filter((key) => key !== null))',
    becomes: 'return new Set()',
  },
  {
    statement: 'S03',
    file: 'src/bff/sessions/sessions.ts',
    text: "(await filing.belongs(found.record, sub)) ? 'replaced' : 'user_changed'",
    becomes: "'replaced'",
  },
  {
    statement: 'S04',
    file: 'demo/idp/configuration.ts',
    text: 'long: { httpOnly: true,',
    becomes: 'long: { httpOnly: false,',
  },
  {
    statement: 'S05',
    file: 'demo/mosaic/sessions.ts',
    text: 'return isLive(session) ? session : undefined',
    becomes: 'return session',
  },
]
