import { noMetrics } from '../../../src/bff/metrics.js'
import { createHub } from '../../../src/bff/hub.js'
import type { Edges } from '../../../src/bff/edges.js'
import { silentLog } from '../../../src/bff/log.js'
import { createStreams } from '../../../src/bff/push/streams.js'
import type { Streams } from '../../../src/bff/push/streams.js'
import type { Sealing } from '../../../src/bff/sealing.js'
import type { SessionContent } from '../../../src/bff/sessions/content.js'
import { createSessions } from '../../../src/bff/sessions/sessions.js'
import type { Sessions } from '../../../src/bff/sessions/sessions.js'
import { createVault } from '../../../src/bff/sessions/vault.js'
import type { SessionRecord, SessionStore, Tombstone } from '../../../src/bff/stores/store.js'
import { watched } from '../../../src/bff/stores/watched.js'
import { validateOptions } from '../../../src/bff/validate.js'
import type { IdpEndPolicy } from '../../../src/session/session.js'
import { createRotation } from './rotation.js'
import type { Rotation } from './rotation.js'

/** What a store knows of one session, in steps of the test. */
export interface Life {
  readonly record: SessionRecord
  readonly bornAt: number
  /** Since when its IDP session is known to be over, by the outside of the record, and how long access lasted then. */
  idpEndedAt?: number
  accessUntil?: number
  grave?: { readonly record: SessionRecord; readonly tombstone: Tombstone; readonly at: number }
}

/** Two instances over one store, where everything that takes time waits until it is let go: the test says what overtakes what. */
export interface Tangle {
  readonly instances: readonly { readonly sessions: Sessions; readonly streams: Streams }[]
  readonly idp: Rotation
  readonly lives: Map<string, Life>
  /** What must never be, as it was seen. */
  readonly faults: string[]
  now(): number
  /** Counts what was let go. */
  step(): number
  /** Waits to be let go. */
  wait(): Promise<void>
  waiting(): number
  /** Whether a store is at work: nothing else happens before it has answered. */
  atWork(): boolean
  letGo(choice: number): void
  /** The process stands still so long; then what is due rings, once, and what waits goes on waiting. */
  pass(ms: number): void
  /** Time passes until something rings. */
  passToNext(): void
  close(): void
}

/** Not ciphertext, so that a thousand runs take seconds and what is stored can be looked at; opened by the same cookie alone. */
const plain: Sealing = {
  seal: async (text, purpose) => JSON.stringify([purpose.with, text]),
  async open(sealed, purpose) {
    const [cookie, text] = JSON.parse(sealed) as [string, string]
    return cookie === purpose.with ? text : null
  },
}

/** What a record holds. */
export const heldBy = ({ sealed }: SessionRecord): SessionContent =>
  JSON.parse((JSON.parse(sealed) as [string, string])[1]) as SessionContent

/** `raws`: the same sessions, as each of the two instances sees them. */
export function createTangle(
  raws: readonly [SessionStore, SessionStore],
  whenIdpSessionEnds: IdpEndPolicy,
  reuse: boolean,
): Tangle {
  const start = 1_800_000_000_000
  let now = start
  let steps = 0
  const parked: (() => void)[] = []
  const timers = new Set<{ readonly at: number; readonly ring: () => void }>()
  const wait = (): Promise<void> => new Promise((go) => void parked.push(go))
  const lives: Tangle['lives'] = new Map()
  const faults: string[] = []
  const idp = createRotation(wait, () => now, reuse)

  const edges: Edges = {
    now: () => now,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    fetch: () => Promise.reject(new Error('nobody is to be called')),
    metrics: noMetrics,
    timer(ring, ms) {
      const timer = { at: now + ms, ring }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
  }
  const pass = (ms: number): void => {
    now += ms
    const due = [...timers].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)
    for (const timer of due) if (timers.delete(timer)) timer.ring()
  }

  let working = 0
  const atWork = async <Result>(work: Promise<Result>): Promise<Result> => {
    working++
    return work.finally(() => working--)
  }
  const options = validateOptions({
    origin: 'https://app.test',
    idp: { issuer: 'https://idp.test', clientId: 'c', clientSecret: 'test-secret' },
    secrets: ['test-secret-of-the-tangle-0123456789ab'],
    session: { whenIdpSessionEnds },
    store: 'memory:',
  })
  const closing: (() => void)[] = []
  const instances = raws.map((raw) => {
    const store = tangled(raw, wait, atWork, lives, faults, () => steps)
    const hub = createHub(async () => store, edges, silentLog)
    const mine = watched(store, hub.publish)
    const sessions = createSessions({
      options,
      edges,
      log: silentLog,
      idp,
      vault: createVault(plain),
      store: async () => mine,
      background: (work) => void work.catch(() => {}),
    })
    const streams = createStreams({ hub, sessions, edges, log: silentLog })
    closing.push(() => streams.close(), hub.close)
    return { sessions, streams }
  })

  return {
    instances,
    idp,
    lives,
    faults,
    now: () => now,
    step: () => steps,
    wait,
    waiting: () => parked.length,
    atWork: () => working > 0,
    letGo(choice) {
      steps++
      const [go] = parked.splice(choice % parked.length, 1)
      go?.()
    },
    pass,
    passToNext() {
      const next = Math.min(...[...timers].map(({ at }) => at))
      if (next !== Infinity) pass(Math.max(0, next - now))
    },
    close() {
      for (const one of closing) one()
    },
  }
}

/** The store, with the way to it and back; keeps account of every session, and sees what must never be. */
function tangled(
  raw: SessionStore,
  wait: () => Promise<void>,
  atWork: <Result>(work: Promise<Result>) => Promise<Result>,
  lives: Tangle['lives'],
  faults: string[],
  step: () => number,
): SessionStore {
  const through = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await wait()
    const result = await atWork(work())
    await wait()
    return result
  }
  const bury = (record: SessionRecord, tombstone: Tombstone): void => {
    const life = lives.get(record.key)
    if (life === undefined || life.grave !== undefined) faults.push('what was not alive was ended')
    else life.grave = { record, tombstone, at: step() }
  }
  return {
    create: (record) =>
      through(async () => {
        const created = await raw.create(record)
        if (created && lives.has(record.key)) faults.push('a session was created twice')
        if (created) lives.set(record.key, { record, bornAt: step() })
        return created
      }),
    async get(key) {
      // Asked before: what dies while the store answers may still be found.
      const grave = lives.get(key)?.grave
      const found = await atWork(raw.get(key))
      if (grave !== undefined && found?.state !== 'ended') faults.push('a dead session was found')
      await wait()
      return found
    },
    replace: (record, version) =>
      through(async () => {
        const life = lives.get(record.key)
        const wasDead = life?.grave !== undefined
        const replaced = await raw.replace(record, version)
        if (!replaced || life === undefined) return replaced
        if (wasDead) faults.push('a dead session was written')
        const { expiresAt } = heldBy(record).access
        if (
          life.idpEndedAt !== undefined &&
          (record.idpEnded === null || expiresAt > (life.accessUntil ?? 0))
        )
          faults.push('a session was extended after its IDP session had ended')
        if (record.idpEnded !== null) {
          life.idpEndedAt ??= step()
          life.accessUntil ??= expiresAt
        }
        return replaced
      }),
    delete: (key, tombstone) =>
      through(async () => {
        const record = await raw.delete(key, tombstone)
        if (record !== null) bury(record, tombstone)
        return record
      }),
    deleteWhere: (filter, tombstone) =>
      through(async () => {
        const records = await raw.deleteWhere(filter, tombstone)
        for (const record of records) bury(record, tombstone)
        return records
      }),
    list: (filter, at) => through(() => raw.list(filter, at)),
    remember: (id, until) => through(() => raw.remember(id, until)),
    remembered: (id) => through(() => raw.remembered(id)),
    deleteExpired: (at) => through(() => raw.deleteExpired(at)),
    ping: () => raw.ping(),
    close: () => raw.close(),
  }
}
