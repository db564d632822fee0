/** Clears away what is past in Redis. It is past by the caller's clock; what nobody sweeps goes by that of Redis, a little later. */
import type { Connection } from './redis-connection.js'
import { SHARDS } from './redis-indexes.js'
import type { Indexes } from './redis-indexes.js'
import * as scripts from './redis-scripts.js'
import { TOMBSTONE_LIFETIME } from './store.js'

/** How much of one set is looked at at once. */
const BATCH = 50

/** What a sweep needs to know of the store. */
export interface SweptStore {
  readonly connection: Connection
  readonly indexes: Indexes
  readonly channel: string
  sessionKey(key: string): string
  reminderKey(id: string): string
}

/** The store's `deleteExpired`. Several instances may do it at once: each step is one script, and doing it twice changes nothing. */
export function redisSweep({ connection, indexes, sessionKey, reminderKey, channel }: SweptStore) {
  const { run, send } = connection

  /** Whether something was removed. */
  async function sweep(member: string, now: number): Promise<boolean> {
    const name = member.slice(2)
    const [what, when, ref = null, subject = null, idpSession = null] = (
      member.startsWith('s:')
        ? await run(
            ...[
              scripts.sweepSession,
              sessionKey(name),
              String(now),
              String(TOMBSTONE_LIFETIME),
              channel,
              name,
            ],
          )
        : await run(scripts.sweepReminder, reminderKey(name), String(now))
    ) as [what: 'buried' | 'later' | 'gone' | 'none', ...more: string[]]
    if (what === 'buried')
      await indexes.ended(name, { ref, subject, idpSession }, Number(when) + TOMBSTONE_LIFETIME)
    else if (what === 'later') await indexes.due(member, when ?? '')
    else await indexes.notDue(member)
    return what === 'buried' || what === 'gone'
  }

  async function sweepShard(shard: number, now: number): Promise<number> {
    for (;;) {
      const past = ['-inf', String(now), 'LIMIT', '0', String(BATCH)]
      const members = (await send('zrangebyscore', indexes.dueSet(shard), ...past)) as string[]
      const removed = (await Promise.all(members.map((member) => sweep(member, now)))).filter(Boolean).length
      // Sessions that were used meanwhile are due later: what is behind them has its turn now.
      if (removed > 0 || members.length < BATCH) return removed
    }
  }

  return async (now: number): Promise<number> => {
    const removed = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => sweepShard(shard, now)))
    return removed.reduce((sum, one) => sum + one, 0)
  }
}
