/** A real Redis for a test: a server, and a cluster of three. Each in a folder of its own, on a port of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findRedis } from '../../scripts/redis.mjs'
import { freePort } from './free-port.js'

/** A Redis server. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** A client to look into it with. */
  readonly client: Redis
  /** Ends it, as an administrator would or by `SIGKILL`; what it appended to its file is kept. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again after {@link stop}, with its data. */
  start(): Promise<void>
  /** Stands still, or goes on: connections stay, and nothing is answered. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  close(): Promise<void>
}

/** Starts a server that keeps what it has (`appendonly`). `more`: further arguments. */
export async function startRedis(more: readonly string[] = [], given?: number): Promise<RedisServer> {
  const program = findRedis()
  if (program === undefined)
    throw new Error(
      'Redis was not found. Install it (Debian, Ubuntu: apt-get install redis-server), or name it in REDIS_SERVER_PATH.',
    )
  const folder = await mkdtemp(join(tmpdir(), 'tandem-redis-'))
  const port = given ?? (await freePort())
  let child: ChildProcess | undefined
  const client = new Redis({
    port,
    lazyConnect: true,
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
    ...(more.includes('--requirepass') && { password: more[more.indexOf('--requirepass') + 1] ?? '' }),
  })
  client.on('error', () => {})

  const start = async (): Promise<void> => {
    const isSentinel = more.includes('--sentinel')
    const args = [...(isSentinel ? more : []), '--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
    if (!isSentinel) args.push('--save', '', '--appendonly', 'yes', ...more)
    const started = spawn(program, [...args, '--loglevel', 'warning'], { stdio: 'ignore' })
    // Whatever becomes of the test, its servers go with its process.
    const leave = (): void => void started.kill('SIGKILL')
    process.once('exit', leave)
    started.once('exit', () => process.off('exit', leave))
    child = started
    if (client.status === 'wait') await client.connect().catch(() => {})
    await client.ping()
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    const ended = child
    child = undefined
    if (ended === undefined || ended.exitCode !== null) return
    const exit = new Promise((resolve) => ended.once('exit', resolve))
    ended.kill('SIGCONT')
    ended.kill(signal)
    await exit
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    stop,
    start,
    signal: (signal) => void child?.kill(signal),
    async close() {
      client.disconnect()
      await stop('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A cluster of three servers that share the slots, without replicas. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  /** The address with all nodes. */
  readonly url: string
  close(): Promise<void>
}

const SLOTS = 16_384

/** Starts a sentinel that knows the primary at this port as `app`, and has a say of its own. */
export async function startSentinel(primary: number): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-sentinel-'))
  const file = join(folder, 'sentinel.conf')
  await writeFile(
    file,
    `sentinel monitor app 127.0.0.1 ${primary} 1\nsentinel down-after-milliseconds app 500\nsentinel failover-timeout app 2000\n`,
  )
  const sentinel = await startRedis([file, '--sentinel'])
  return {
    ...sentinel,
    async close() {
      await sentinel.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a cluster, and waits until every node knows that it is whole. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const ports = [await freePort(21_000), await freePort(21_000), await freePort(21_000)]
  const options = [
    '--cluster-enabled',
    'yes',
    '--cluster-config-file',
    'nodes.conf',
    '--cluster-node-timeout',
    '2000',
  ]
  const nodes = await Promise.all(ports.map((port) => startRedis(options, port)))
  const [first] = nodes
  const share = Math.ceil(SLOTS / nodes.length)
  await Promise.all(
    nodes.map(async ({ client }, i) => {
      const slots = Array.from({ length: Math.min(share, SLOTS - i * share) }, (_, j) => i * share + j)
      await client.call('cluster', 'addslots', ...slots)
      await client.call('cluster', 'set-config-epoch', i + 1)
    }),
  )
  for (const { port } of nodes.slice(1)) await first?.client.call('cluster', 'meet', '127.0.0.1', port)
  await Promise.all(nodes.map(({ client }) => isWhole(client, nodes.length)))
  return {
    nodes,
    url: `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    close: async () => void (await Promise.all(nodes.map((node) => node.close()))),
  }
}

async function isWhole(client: Redis, size: number): Promise<void> {
  for (;;) {
    const info = String(await client.call('cluster', 'info'))
    if (info.includes('cluster_state:ok') && info.includes(`cluster_size:${size}`)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
