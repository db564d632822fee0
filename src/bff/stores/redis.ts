/**
 * Sessions in Redis or Valkey, for as many instances as there are: one server, a primary behind sentinels, or a cluster. A session is one key, with a
 * hash tag of its own, so that it is read and written in one step wherever it lies. What it is found by lies elsewhere: indexes are written before it
 * and cleared after it, so that they never know less than there is; what they find is held against the session itself.
 */
import { createProbe } from './probe.js'
import { redisAddress } from './redis-address.js'
import type { RedisCredentials } from './redis-address.js'
import { connectRedis } from './redis-connection.js'
import { redisIndexes } from './redis-indexes.js'
import type { Label } from './redis-indexes.js'
import * as scripts from './redis-scripts.js'
import { redisSweep } from './redis-sweep.js'
import { redisWarnings } from './redis-warnings.js'
import { together } from './together.js'
import { settling } from './settling.js'
import { TOMBSTONE_LIFETIME } from './store.js'
import type { Found, SessionFilter, SessionRecord, SessionStore, Tombstone } from './store.js'

export type { RedisCredentials }

/** How long what a ping writes is kept, ms. */
const PINGED = 60_000
/** How long a record, or what is kept in mind, may stay after its time where nobody sweeps, ms. */
const SLACK = 60 * 60 * 1000

/**
 * A store in the Redis at `url`: `redis://[user:password@]host[:port][,host[:port]…][/db][?sentinel=NAME][&prefix=NAME]`, `rediss://` for TLS. Several hosts
 * are nodes of a cluster, or with `sentinel` the sentinels that know the primary by that name. Throws where the address is wrong. Connects at once and
 * again whenever the connection breaks; what is asked for meanwhile rejects soon. Needs Redis 6 or later.
 */
export function redisStore(url: string, credentials: RedisCredentials = {}): SessionStore {
  const address = redisAddress(url)
  const connection = connectRedis(address, credentials)
  const { prefix, db } = address
  const channel = `${prefix}${db}:news`
  const sessionKey = (key: string): string => `${prefix}session:{${key}}`
  const reminderKey = (id: string): string => `${prefix}reminder:{${id}}`
  const pingKey = `${prefix}ping:{ping}`
  const indexes = redisIndexes(connection, prefix)
  const sweep = redisSweep({ connection, indexes, sessionKey, reminderKey, channel })

  const read = async (reply: Promise<unknown>): Promise<Found | null> => {
    const [version, data, tombstone] = (await reply) as Reply
    if (version != null && data != null) return { state: 'live', record: recordOf(version, data) }
    return tombstone == null ? null : { state: 'ended', tombstone: JSON.parse(tombstone) as Tombstone }
  }

  const get = together((keys) =>
    connection.sendAll(keys.map((key) => ['hmget', sessionKey(key), 'v', 'd', 't'])).map(read),
  )

  /** Ends the session under `key` where it is live and matches. */
  const bury = async (
    key: string,
    tombstone: Tombstone,
    filter?: SessionFilter,
  ): Promise<SessionRecord | null> => {
    const { at } = tombstone
    const label = labelOf(filter)
    const buried = (await connection.run(
      ...[scripts.bury, sessionKey(key), JSON.stringify(tombstone), String(at), String(TOMBSTONE_LIFETIME)],
      ...[channel, key, label.ref, label.subject, label.idpSession],
    )) as Reply | null
    const [version, data] = buried ?? []
    if (version == null || data == null) return null
    const record = recordOf(version, data)
    // The end stands. What the indexes still know of it goes with their own time.
    await indexes.ended(key, record, at + TOMBSTONE_LIFETIME).catch(() => {})
    return record
  }

  const find = async (filter: SessionFilter): Promise<SessionRecord[]> => {
    const found = await Promise.all((await indexes.keys(filter)).map(get))
    return found.flatMap((one) => (one?.state === 'live' && matches(one.record, filter) ? [one.record] : []))
  }

  return settling({
    sharedBy: 'network',
    async create(record) {
      const until = await indexes.write(record)
      const created = await connection.run(
        ...[
          scripts.create,
          sessionKey(record.key),
          dataOf(record),
          ...fieldsOf(record),
          until,
          timeLeft(record),
        ],
      )
      return created === 1
    },
    get,
    async replace(record, version) {
      const write = async (until: string): Promise<unknown> =>
        connection.run(
          ...[
            scripts.replace,
            sessionKey(record.key),
            String(version),
            dataOf(record),
            ...fieldsOf(record),
            until,
          ],
          ...[timeLeft(record), channel, record.key],
        )
      const written = await write('')
      return (written === 2 ? await write(await indexes.write(record)) : written) === 1
    },
    delete: (key, tombstone) => bury(key, tombstone),
    async deleteWhere(filter, tombstone) {
      const keys = await indexes.keys(filter)
      const ended = await Promise.all(keys.map((key) => bury(key, tombstone, filter)))
      return ended.filter((record) => record !== null)
    },
    list: async (filter, now) =>
      (await find(filter))
        .filter((record) => record.expiresAt > now)
        .sort((one, other) => other.startedAt - one.startedAt),
    async remember(id, until) {
      await indexes.due(`r:${id}`, String(until))
      return (await connection.run(scripts.remember, reminderKey(id), String(until), String(SLACK))) === 1
    },
    async remembered(id) {
      const until = (await connection.send('get', reminderKey(id))) as string | null
      return until === null ? null : Number(until)
    },
    deleteExpired: sweep,
    ping: createProbe(
      () => connection.send('get', pingKey),
      () => connection.send('set', pingKey, '1', 'PX', String(PINGED)),
    ),
    warnings: async () => redisWarnings(String(await connection.send('info', 'memory'))),
    news: (listener) => connection.listen(channel, listener),
    close: () => connection.close(),
  })
}

type Reply = readonly (string | null)[]

/** The version is the store's own, beside it. */
const dataOf = (record: SessionRecord): string =>
  JSON.stringify(record, (name: string, value: unknown) => (name === 'version' ? undefined : value))
const recordOf = (version: string, data: string): SessionRecord => ({
  ...(JSON.parse(data) as Omit<SessionRecord, 'version'>),
  version: Number(version),
})

const fieldsOf = ({
  ref,
  subject,
  idpSession,
  expiresAt,
}: SessionRecord): [string, string, string, string] => [ref, subject, idpSession ?? '', String(expiresAt)]

/** By the record's own clock, which need not be that of Redis. The tombstone is still to come. */
const timeLeft = ({ expiresAt, usedAt }: SessionRecord): string =>
  String(Math.ceil(Math.max(0, expiresAt - usedAt)) + TOMBSTONE_LIFETIME + SLACK)

const labelOf = (filter?: SessionFilter): Label => ({ ref: '', subject: '', idpSession: '', ...filter })

const matches = (record: SessionRecord, filter: SessionFilter): boolean =>
  Object.entries(filter).every(
    ([name, value]) => value === undefined || record[name as keyof Label] === value,
  )
