/**
 * Sessions over the SQLite store at a path. Run as a program, it signs users in, changes their sessions and ends some, without pause, until it is killed;
 * and writes a line for each of these once it is done, as a user would be told of it.
 */
import { writeSync } from 'node:fs'
import { systemEdges } from '../../../src/bff/edges.js'
import { createIdp } from '../../../src/bff/idp/idp.js'
import { silentLog } from '../../../src/bff/log.js'
import { createSealing } from '../../../src/bff/sealing.js'
import type { SessionContent } from '../../../src/bff/sessions/content.js'
import { createSessions } from '../../../src/bff/sessions/sessions.js'
import type { Sessions } from '../../../src/bff/sessions/sessions.js'
import { createVault } from '../../../src/bff/sessions/vault.js'
import type { SessionStore } from '../../../src/bff/stores/store.js'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'
import { validateOptions } from '../../../src/bff/validate.js'

/** The sessions in the file at `path`, and the store they are in. */
export function sessionsIn(path: string): { readonly sessions: Sessions; readonly store: SessionStore } {
  const options = validateOptions({
    origin: 'https://app.test',
    idp: { issuer: 'https://idp.test', clientId: 'c', clientSecret: 'test-secret' },
    secrets: ['test-secret-of-the-load-0123456789abcdef'],
  })
  const edges = systemEdges
  const store = sqliteStore(path)
  const sessions = createSessions({
    ...{ options, edges, log: silentLog },
    idp: createIdp(options, 'https://app.test/bff/callback', edges, silentLog),
    vault: createVault(createSealing(options.secrets, edges)),
    store: async () => store,
    background: (work) => void work.catch(() => {}),
  })
  return { sessions, store }
}

/** What a user holds; `count` says how often it was changed. */
const contentOf = (sub: string, count: number): SessionContent => ({
  user: { sub, count, filler: 'x'.repeat(count % 7 === 0 ? 20_000 : 500) },
  idp: { status: 'active', sid: `sid-${sub}` },
  access: { value: 'access', expiresAt: Date.now() + 3_600_000, scope: [], audience: [], roles: [] },
  authentication: { time: 0, amr: [] },
  ...{ idpEndIsTold: false, resources: {}, resource: null, extendableUntil: null, refreshToken: null },
  ...{ idToken: null, unanswered: false, began: 'login' },
})

/** `began`, `changed` or `ended`, the cookie, and how often it was changed. */
const tell = (what: string, cookie: string, count: number): void =>
  void writeSync(1, `${what} ${cookie} ${count}\n`)

async function user(sessions: Sessions, sub: string): Promise<void> {
  const now = Date.now()
  const birth = { userAgent: '', since: { began: now, asked: now }, request: 'load' }
  const open = await sessions.begin(contentOf(sub, 0), birth)
  if (open === null) return
  tell('began', open.cookie, 0)
  for (let count = 1; count <= 3; count++) {
    await sessions.rewrite(open, () => contentOf(sub, count), 'load')
    tell('changed', open.cookie, count)
  }
  if (Math.random() < 0.3) {
    tell('ending', open.cookie, 3)
    await sessions.end(open, 'logout', 'load')
    tell('ended', open.cookie, 3)
  }
}

const [, , path] = process.argv
if (/sqlite-load\.m?[jt]s$/.test(process.argv[1] ?? '') && path !== undefined) {
  const { sessions } = sessionsIn(path)
  for (let i = 0; ; i += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, j) => user(sessions, `${process.pid}-${i + j}`)))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
