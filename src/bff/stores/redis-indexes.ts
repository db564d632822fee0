/** What sessions in Redis are found by: sorted sets of their keys, in slots of their own; and when each is due to be swept. */
import type { Connection } from './redis-connection.js'
import * as scripts from './redis-scripts.js'
import type { SessionFilter, SessionRecord } from './store.js'

/** What a session is found by; '' where there is none. */
export interface Label {
  readonly ref: string
  readonly subject: string
  readonly idpSession: string
}

/** Over how many sets what is due is spread, so that no node of a cluster has it all. */
export const SHARDS = 16

const DAY = 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000

/** The indexes of one store. */
export type Indexes = ReturnType<typeof redisIndexes>

/** Makes the indexes of the store with this prefix. */
export function redisIndexes({ run, send }: Connection, prefix: string) {
  const setsOf = ({ ref, subject, idpSession }: Readonly<Record<keyof Label, string | null>>): string[] =>
    Object.entries({ ref, sub: subject, sid: idpSession }).flatMap(([name, value]) =>
      value === null || value === '' ? [] : [`${prefix}${name}:{${value}}`],
    )
  const dueSet = (shard: number): string => `${prefix}due:{${shard}}`
  const due = async (member: string, at: string): Promise<void> =>
    void (await send('zadd', dueSet(shardOf(member)), at, member))

  return {
    dueSet,
    due,
    notDue: async (member: string): Promise<void> =>
      void (await send('zrem', dueSet(shardOf(member)), member)),
    /** Writes down a session; until when the indexes have it then. Longer than it lives now, so that not every use has to write them. */
    async write(record: SessionRecord): Promise<string> {
      const { key, expiresAt, usedAt } = record
      const left = Math.max(0, expiresAt - usedAt)
      const until = expiresAt + Math.ceil(left / 2)
      const ttl = String(Math.ceil(until - usedAt) + HOUR)
      await Promise.all([
        due(`s:${key}`, String(expiresAt)),
        ...setsOf(record).map((set) =>
          run(scripts.index, set, key, String(until), String(usedAt - DAY), ttl),
        ),
      ])
      return String(until)
    },
    /** Clears an ended session away; its tombstone is due at `at`, ms. */
    async ended(key: string, label: Readonly<Record<keyof Label, string | null>>, at: number): Promise<void> {
      await Promise.all([due(`s:${key}`, String(at)), ...setsOf(label).map((set) => send('zrem', set, key))])
    },
    /** Keys of sessions that may match: each has to be looked at. */
    async keys(filter: SessionFilter): Promise<string[]> {
      const { ref, subject, idpSession }: Partial<Label> = filter
      const [set] = setsOf({
        ref: ref ?? null,
        subject: idpSession === undefined ? (subject ?? null) : null,
        idpSession: idpSession ?? null,
      })
      return set === undefined ? [] : ((await send('zrange', set, '0', '-1')) as string[])
    },
  }
}

/** FNV-1a: spreads evenly, and the same everywhere. */
function shardOf(member: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < member.length; i++) hash = Math.imul(hash ^ member.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % SHARDS
}
