// @ts-check
/** The sections of `npm run bench:bff`. Each says what it found, and what of it is not as it must be. */
import { join } from 'node:path'
import { measure, middle, openStreams, transfer } from './load.mjs'
import { ask, endAll, folder, start, startRedis, startUpstream } from './run.mjs'

/** @typedef {{ rounds: number, seconds: number, connections: number, sessions: number, streams: number }} Options */

const MB = 1024 * 1024
const READ_ROUNDS = 20
const USERS = 200
const row = (/** @type {readonly string[]} */ ...cells) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(48) : cell.padStart(10))).join(''))
const tandem = (/** @type {string} */ name, /** @type {string} */ store) => ({
  name: `Tandem, ${name}`,
  file: 'tandem',
  store,
})

/** A small answer through every server, round by round, so that a busy moment hits none of them alone. @param {Options} options */
export async function small({ rounds, seconds, connections }) {
  const upstream = await startUpstream()
  const servers = [
    { name: 'undici stream, bare', file: 'bare-undici' },
    { name: 'http-proxy-3', file: 'http-proxy-3' },
    { name: '@fastify/http-proxy', file: 'fastify' },
    { name: 'hono/proxy', file: 'hono' },
    { name: 'express-openid-connect + http-proxy-middleware', file: 'express-openid-connect' },
    tandem('memory', 'memory:'),
    tandem('SQLite', `sqlite:${join(folder(), 'sessions.db')}`),
    tandem('Redis', await startRedis()),
  ]
  /** @type {import('./run.mjs').Running[]} */
  const running = [{ name: 'the API itself', url: upstream, headers: {}, path: '', child: null }]
  for (const one of servers) running.push(await start(one, upstream))
  for (const one of running) await measure(one, `${one.path}/bytes/1024`, { seconds: 1, connections })
  const samples = new Map(
    running.map(({ name }) => [name, /** @type {import('./load.mjs').Sample[]} */ ([])]),
  )
  for (let round = 0; round < rounds; round++)
    for (const one of running)
      samples.get(one.name)?.push(await measure(one, `${one.path}/bytes/1024`, { seconds, connections }))
  const figures = new Map([...samples].map(([name, all]) => [name, middle(all)]))
  const rps = (/** @type {string} */ name) => figures.get(name)?.rps ?? 0
  const bare = rps('undici stream, bare')

  console.log(
    `\nGET of 1 KiB, ${connections} connections, the middle of ${rounds} rounds of ${seconds} s each`,
  )
  row('', 'req/s', 'of bare', 'p50 ms', 'p99 ms', 'CPU µs', 'RSS MB')
  for (const [name, one] of figures)
    row(
      name,
      one.rps.toFixed(0),
      (one.rps / bare).toFixed(2),
      one.p50.toFixed(2),
      one.p99.toFixed(2),
      one.cpu.toFixed(0),
      (one.rss / MB).toFixed(0),
    )
  endAll()
  const sqlite = rps('Tandem, SQLite')
  return [
    sqlite / bare >= 0.75 || `SQLite: ${(sqlite / bare).toFixed(2)} of the bare stream, and 0.75 is due`,
    sqlite > rps('http-proxy-3') || 'SQLite: slower than http-proxy-3',
    rps('Tandem, Redis') / bare >= 0.6 ||
      `Redis: ${(rps('Tandem, Redis') / bare).toFixed(2)} of the bare stream, and 0.6 is due`,
    sqlite >= 5 * rps('express-openid-connect + http-proxy-middleware') ||
      'SQLite: less than five times express-openid-connect',
  ]
}

/** The same by many users, each with a session of their own. @param {Options} options */
export async function users({ rounds, seconds, connections }) {
  const upstream = await startUpstream()
  const bare = await start({ name: 'undici stream, bare', file: 'bare-undici' }, upstream)
  const stores = [
    tandem('memory', 'memory:'),
    tandem('SQLite', `sqlite:${join(folder(), 'sessions.db')}`),
    tandem('Redis', await startRedis()),
  ]
  const all = [{ running: bare, users: /** @type {Record<string, string>[]} */ ([]) }]
  for (const one of stores) {
    const running = await start(one, upstream)
    const { result } = await ask(running, 'signIn', USERS)
    all.push({ running, users: /** @type {Record<string, string>[]} */ (result) })
  }
  const samples = all.map(() => /** @type {import('./load.mjs').Sample[]} */ ([]))
  for (let round = -1; round < rounds; round++)
    for (const [i, { running, users: some }] of all.entries()) {
      const sample = await measure(running, `${running.path}/bytes/1024`, {
        seconds,
        connections,
        users: some,
      })
      if (round >= 0) samples[i]?.push(sample)
    }
  console.log(`\nGET of 1 KiB by ${USERS} users in turn, the middle of ${rounds} rounds of ${seconds} s each`)
  row('', 'req/s', 'of bare', 'p50 ms', 'p99 ms', 'CPU µs')
  const figures = samples.map(middle)
  for (const [i, one] of figures.entries())
    row(
      all[i]?.running.name ?? '',
      one.rps.toFixed(0),
      (one.rps / (figures[0]?.rps ?? 1)).toFixed(2),
      one.p50.toFixed(2),
      one.p99.toFixed(2),
      one.cpu.toFixed(0),
    )
  endAll()
  return []
}

/** Bodies of 64 MiB, both ways. */
export async function big() {
  const upstream = await startUpstream()
  const servers = [{ name: 'undici stream, bare', file: 'bare-undici' }, tandem('memory', 'memory:')]
  console.log('\n64 MiB through, the middle of 5')
  row('', 'MB/s', 'grown MB')
  const bad = []
  for (const server of servers) {
    const running = await start(server, upstream)
    for (const way of /** @type {const} */ (['down', 'up'])) {
      await transfer(running, way, 64 * MB)
      const all = []
      for (let i = 0; i < 5; i++) all.push(await transfer(running, way, 64 * MB))
      all.sort((one, other) => one.seconds - other.seconds)
      const grown = Math.max(...all.map((one) => one.grown))
      row(`${server.name}, ${way}`, (64 / (all[2]?.seconds ?? 1)).toFixed(0), (grown / MB).toFixed(1))
      if (server.file === 'tandem' && grown >= 32 * MB)
        bad.push(`${way}: RSS grew by ${(grown / MB).toFixed(1)} MB, and less than 32 is due`)
    }
  }
  endAll()
  return bad
}

/** Reads of one session among so many. @param {Options} options */
export async function stored({ rounds, seconds, connections, sessions }) {
  const upstream = await startUpstream()
  const bad = []
  console.log(
    `\nGET /bff/session by ${USERS} users in turn, and first reads of other sessions, by how many are stored`,
  )
  row('', 'req/s', 'p50 ms', 'p99 ms', 'read p50 µs', 'p99 µs')
  const stores = [
    tandem('memory', 'memory:'),
    tandem('SQLite', `sqlite:${join(folder(), 'sessions.db')}`),
    tandem('Redis', await startRedis()),
  ]
  for (const server of stores) {
    const running = await start(server, upstream)
    const { result } = await ask(running, 'signIn', USERS)
    const users = /** @type {Record<string, string>[]} */ (result)
    /** @type {number[]} */
    const p99 = []
    for (const count of [USERS, 1_000, sessions]) {
      await ask(running, 'store', count)
      const all = []
      await measure(running, '/bff/session', { seconds: 1, connections, users })
      for (let round = 0; round < rounds; round++)
        all.push(await measure(running, '/bff/session', { seconds, connections, users }))
      const one = middle(all)
      await ask(running, 'read', READ_ROUNDS)
      const { result } = await ask(running, 'read', READ_ROUNDS)
      const read = /** @type {{ p50: number, p99: number }} */ (result)
      p99.push(one.p99)
      row(
        `${server.name}, ${count}`,
        one.rps.toFixed(0),
        one.p50.toFixed(2),
        one.p99.toFixed(2),
        read.p50.toFixed(0),
        read.p99.toFixed(0),
      )
    }
    const [, few = 0, many = 0] = p99
    if (many > 2 * few)
      bad.push(
        `${server.name}: p99 ${many.toFixed(2)} ms with ${sessions}, ${few.toFixed(2)} with 1000: at most twice is due`,
      )
  }
  endAll()
  return bad
}

/** Event streams on which nothing happens. @param {Options} options */
export async function streams({ streams: count }) {
  const upstream = await startUpstream()
  const running = await start(tandem('memory', 'memory:'), upstream)
  const PER_SESSION = 8
  const { result } = await ask(running, 'signIn', Math.ceil(count / PER_SESSION))
  const users = /** @type {Record<string, string>[]} */ (result)
  const browsers = Array.from({ length: count }, (_, i) => users[i % users.length] ?? {})
  // What the first ones cost is paid once.
  await openStreams(running, browsers.slice(0, 100))
  await ask(running, 'reset')
  const before = await ask(running, 'reset')
  for (let i = 100; i < count; i += 100) await openStreams(running, browsers.slice(i, i + 100))
  await ask(running, 'reset')
  const after = await ask(running, 'reset')
  const each = (after.rss - before.rss) / (count - 100) / 1024
  console.log(`\n${count} idle event streams: ${each.toFixed(1)} KiB each`)
  endAll()
  return each < 20 ? [] : [`an idle stream takes ${each.toFixed(1)} KiB, and less than 20 is due`]
}
