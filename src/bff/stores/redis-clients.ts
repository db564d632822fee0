/** Clients of Redis, by its address: none that waits in silence, none that does again what may have been done. */
import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { RedisAddress, RedisCredentials, RedisNode } from './redis-address.js'

/** A client of one server, or of a cluster. */
export type RedisClient = Redis | Cluster

/** How long one command is waited for, ms: then the caller is told to come again. */
const PATIENCE = 2_000
/** A connection on which nothing comes back for so long is given up, ms. */
const SILENCE = 4_000
const CONNECT = 3_000
/** Between two attempts to connect, ms. */
const RETRY_FIRST = 50
const RETRY_MOST = 1_000

const retry = (times: number): number => Math.min(RETRY_FIRST * 2 ** Math.min(times - 1, 10), RETRY_MOST)

/** Makes clients of the servers at one address. */
export function redisClients(address: RedisAddress, credentials: RedisCredentials) {
  const { kind, nodes, primary, username, password, db, tls } = address
  const shared = {
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(tls && { tls: credentials.tls ?? {} }),
    connectionName: 'tandem',
    commandTimeout: PATIENCE,
    socketTimeout: SILENCE,
    connectTimeout: CONNECT,
    // A command that was on its way when the connection broke may have been done: whoever sent it decides what that means.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A primary that became a replica refuses writes: another one is looked for.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  } satisfies RedisOptions

  const server = (node: RedisNode, retries: boolean): Redis =>
    new Redis({ ...shared, ...node, db, enableOfflineQueue: !retries, retryStrategy: retries ? retry : null })

  const behindSentinels = (retries: boolean): Redis =>
    new Redis({
      ...shared,
      db,
      sentinels: nodes.map((node) => ({ ...node })),
      name: primary ?? '',
      sentinelRetryStrategy: retries ? retry : () => null,
      sentinelCommandTimeout: PATIENCE,
      enableTLSForSentinelMode: tls,
      ...(tls && { sentinelTLS: credentials.tls ?? {} }),
      ...(credentials.sentinelUsername !== undefined && { sentinelUsername: credentials.sentinelUsername }),
      ...(credentials.sentinelPassword !== undefined && { sentinelPassword: credentials.sentinelPassword }),
      enableOfflineQueue: !retries,
      retryStrategy: retries ? retry : null,
    })

  const cluster = (): Cluster =>
    new Cluster(
      nodes.map((node) => ({ ...node })),
      {
        redisOptions: shared,
        enableOfflineQueue: false,
        clusterRetryStrategy: retry,
        slotsRefreshTimeout: PATIENCE,
        slotsRefreshInterval: 10_000,
        // Names are not resolved before they are looked for in certificates.
        ...(tls && { dnsLookup: (name, told) => told(null, name) }),
      },
    )

  return {
    /** For commands. Connects again for as long as it is there; what is asked of it meanwhile fails at once. */
    commands: (): RedisClient =>
      kind === 'cluster' ? cluster() : kind === 'sentinel' ? behindSentinels(true) : server(nodes[0], true),
    cluster,
    /** For news, of one connection and no second one. A cluster tells every node of all news. */
    listener(commands: RedisClient): Redis {
      if (!(commands instanceof Cluster))
        return kind === 'sentinel' ? behindSentinels(false) : server(nodes[0], false)
      const known = commands.nodes('all')
      const { host = nodes[0].host, port = nodes[0].port } =
        known[Math.floor(Math.random() * known.length)]?.options ?? {}
      return server({ host, port }, false)
    },
  }
}
