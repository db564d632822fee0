/** The connections of one Redis store: commands that answer soon or fail, and news of what other instances write. */
import { Cluster } from 'ioredis'
import type { RedisAddress, RedisCredentials } from './redis-address.js'
import { redisClients } from './redis-clients.js'
import type { RedisClient } from './redis-clients.js'
import type { Script } from './redis-scripts.js'
import type { News, NewsListener } from './store.js'

/** Commands are sent by name; replies are as Redis sends them. */
export interface Connection {
  send(command: string, ...args: readonly string[]): Promise<unknown>
  /** Sends commands that have nothing to do with each other at once. Their replies in that order, each for itself. */
  sendAll(commands: readonly Command[]): readonly Promise<unknown>[]
  /** Runs a script on its key. */
  run(script: Script, key: string, ...args: readonly string[]): Promise<unknown>
  /** Tells of every message on the channel, until it is stopped. */
  listen(channel: string, listener: NewsListener): News
  close(): Promise<void>
}

/** A command's name and what it takes. */
export type Command = readonly [name: string, ...args: string[]]

/** Whoever comes before the first attempt to connect has settled waits for it, ms at most. */
const FIRST = 2_000
/** How long after a connection for news broke another one is made, ms. */
const AGAIN = 250
/** How often a connection for news is asked whether it lives, ms. */
const PROBE = 5_000

/** Connects, at once and for as long as it is not closed. Rejects and throws nothing by itself. */
export function connectRedis(address: RedisAddress, credentials: RedisCredentials): Connection {
  const clients = redisClients(address, credentials)
  const listening = new Set<() => void>()
  let reason: unknown
  let closed = false
  let client = watchedOver(clients.commands())
  let opening: Promise<void> | null = settled(client)
    .then(() => adopting ?? undefined)
    .finally(() => (opening = null))
  let adopting: Promise<void> | null = null

  function watchedOver(made: RedisClient): RedisClient {
    made.on('error', (error) => (reason = error))
    made.on('ready', () => (reason = undefined))
    if (!(made instanceof Cluster) && address.kind === 'server')
      made.on('ready', () => {
        adopting = adopt(made).finally(() => (adopting = null))
      })
    return made
  }

  /** One server that says it is a node of a cluster stands for all of it. */
  async function adopt(made: RedisClient): Promise<void> {
    const info = await made.call('info', 'server').catch(() => '')
    if (closed || !/^(?:redis|server)_mode:cluster/m.test(String(info))) return
    made.disconnect()
    client = watchedOver(clients.cluster())
    await settled(client)
  }

  async function ask(work: (ready: RedisClient) => Promise<unknown>): Promise<unknown> {
    if (closed) throw new Error('The session store is closed.')
    await (opening ?? adopting)
    try {
      return await work(client)
    } catch (error) {
      throw failure(error, reason)
    }
  }

  const send: Connection['send'] = (command, ...args) => ask((ready) => ready.call(command, ...args))

  return {
    send,
    sendAll(commands) {
      // Each node of a cluster has its own.
      if (commands.length < 2 || client instanceof Cluster) return commands.map((one) => send(...one))
      const replies = ask((ready) => ready.pipeline(commands.map((one) => [...one])).exec())
      return commands.map(async (_, i) => {
        const [error, reply] = ((await replies) as [Error | null, unknown][])[i] ?? [new Error('no reply')]
        if (error != null) throw failure(error, reason)
        return reply
      })
    },
    run: ({ lua, sha }, key, ...args) =>
      ask(async (ready) => {
        try {
          return await ready.call('evalsha', sha, '1', key, ...args)
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
          return ready.call('eval', lua, '1', key, ...args)
        }
      }),
    listen(channel, listener) {
      let live = false
      let stopped = false
      let stop = (): void => {}
      const connect = (): void => {
        const one = clients.listener(client)
        const probe = setInterval(() => void one.ping().catch(() => one.disconnect()), PROBE)
        probe.unref()
        stop = () => one.disconnect()
        one.on('error', (error) => (reason = error))
        one.on('message', (_, message) => listener.told(message))
        one.once('end', () => {
          live = false
          clearInterval(probe)
          if (stopped) return
          const timer = setTimeout(
            () => void (opening ?? Promise.resolve()).then(() => stopped || connect()),
            AGAIN,
          )
          timer.unref()
        })
        one.subscribe(channel).then(
          () => {
            live = true
            listener.missed()
          },
          () => one.disconnect(),
        )
      }
      const end = (): void => {
        stopped = true
        listening.delete(end)
        stop()
      }
      listening.add(end)
      void (opening ?? Promise.resolve()).then(() => stopped || connect())
      return {
        get live() {
          return live
        },
        stop: end,
      }
    },
    async close() {
      if (closed) return
      closed = true
      for (const end of listening) end()
      if (client.status === 'ready') await client.quit().catch(() => {})
      client.disconnect()
    },
  }
}

/** Resolves once it is connected, or was not; or after a while. */
const settled = (client: RedisClient): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      client.off('ready', done).off('close', done)
      resolve()
    }
    const timer = setTimeout(done, FIRST)
    client.on('ready', done).on('close', done)
  })

/** Why a command failed, for a log: with the code of what broke the connection, or of what Redis answered. */
function failure(error: unknown, reason: unknown): Error {
  const answered = error instanceof Error && /^([A-Z]{2,})(?: |$)/.exec(error.message)?.[1]
  const known = reason instanceof Error && 'code' in reason ? String(reason.code) : 'REDIS_UNREACHABLE'
  return Object.assign(
    new Error(
      answered
        ? `Redis refused: ${answered}.`
        : 'Redis does not answer. Nothing was written, or it is not known.',
      { cause: error },
    ),
    { code: answered || known },
  )
}
