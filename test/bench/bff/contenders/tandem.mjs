// @ts-check
/** The BFF as `npm run build` makes it, in front of the demo's provider, with users signed in. */
import { createServer } from 'node:http'
import { createBff, memoryStore } from '../../../../dist/bff/index.js'
import { redisStore } from '../../../../dist/bff/redis.js'
import { sqliteStore } from '../../../../dist/bff/sqlite.js'
import { percentile } from '../../percentile.mjs'
import { listening } from '../listening.mjs'
import { signedIn } from '../signed-in.mjs'

const names = ['__Host-Http-session', '__Host-csrf', '__Host-hint']

/** @param {string} name e.g. `sqlite:./bench.db` */
const open = (name) =>
  name.startsWith('sqlite:')
    ? sqliteStore(name.slice('sqlite:'.length))
    : name === 'memory:'
      ? memoryStore()
      : redisStore(name)

const keyOf = (/** @type {number} */ number) => `bench-${number}`.padEnd(43, '-')

/** @param {string} upstream @param {string} name of its store */
export async function start(upstream, name) {
  /** @type {import('node:http').RequestListener} */
  let answer = (_request, response) => void response.writeHead(503).end()
  const server = createServer((request, response) => answer(request, response))
  const url = (await listening(server)).replace('127.0.0.1', 'localhost')
  const { idp, login } = await signedIn(url, '/bff/callback')
  const store = open(name)
  const bff = createBff({
    origin: url,
    idp,
    secrets: ['bench-secret-for-the-bff-0123456789abcdef'],
    store,
    session: { idle: 86_400, absolute: 86_400 },
    rateLimit: false,
    upstreams: { api: { url: `${upstream}/` } },
  })
  answer = (request, response) => bff.node(request, response)

  const signIn = async () => {
    const cookies = await login(`${url}/bff/login?return_to=/`, names)
    return {
      cookie: names.map((one) => `${one}=${cookies[one]}`).join('; '),
      'x-csrf-token': String(cookies['__Host-csrf']),
    }
  }
  let stored = 1
  return {
    url,
    headers: await signIn(),
    path: (/** @type {string} */ path) => `/bff/api/api${path}`,
    /** So many more users: the headers their browsers send. @param {number} count */
    async signIn(count) {
      const all = []
      for (let i = 0; i < count; i++) all.push(await signIn())
      return all
    },
    /** So many sessions lie in the store then, of users who are elsewhere. @param {number} count */
    async store(count) {
      const now = Date.now()
      while (stored < count) {
        const some = Array.from({ length: Math.min(500, count - stored) }, () => {
          const id = `bench-${stored}`
          return store.create({
            key: keyOf(stored++),
            version: 1,
            ref: id,
            subject: id,
            idpSession: null,
            userAgent: 'Chrome on Linux',
            startedAt: now,
            usedAt: now,
            expiresAt: now + 86_400_000,
            lease: null,
            sealed: 'x'.repeat(200),
            idpEnded: null,
          })
        })
        await Promise.all(some)
      }
      return stored
    },
    /**
     * How long the store takes to read a session it does not have in memory, µs: of a file, over a connection of its own, which
     * forgets what it has read when somebody else writes.
     * @param {number} rounds each of at most a thousand reads, after one that is not counted
     */
    async read(rounds) {
      /** @type {number[]} */
      const times = []
      const reader = name.startsWith('sqlite:') ? open(name) : store
      for (let round = -1; round < rounds; round++) {
        const numbers = new Set()
        while (numbers.size < Math.min(1000, stored - 1))
          numbers.add(1 + Math.floor(Math.random() * (stored - 1)))
        for (const number of numbers) {
          const at = performance.now()
          await reader.get(keyOf(number))
          if (round >= 0) times.push((performance.now() - at) * 1000)
        }
        await store.remember(`round-${round}`, Date.now() + 60_000)
      }
      if (reader !== store) await reader.close()
      return times.length === 0
        ? { p50: 0, p99: 0 }
        : { p50: percentile(times, 50), p99: percentile(times, 99) }
    },
  }
}
