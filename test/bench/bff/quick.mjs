import { startUpstream, startContender, measure, middle } from './run.mjs'
const names = process.argv.slice(2)
const list = [
  { name: 'bare undici', file: 'bare-undici' },
  { name: 'http-proxy-3', file: 'http-proxy-3' },
  { name: '@fastify/http-proxy', file: 'fastify' },
  { name: 'hono/proxy', file: 'hono' },
  { name: 'express-openid-connect', file: 'express-openid-connect' },
  { name: 'tandem memory', file: 'tandem', store: 'memory:' },
  { name: 'tandem sqlite', file: 'tandem', store: 'sqlite:/tmp/bench-sessions.db' },
].filter(({ name }) => names.length === 0 || names.some((n) => name.includes(n)))
const upstream = await startUpstream()
const running = [{ name: 'direct', url: upstream.url, headers: {}, path: '', child: null }]
for (const one of list) running.push(await startContender(one, upstream.url))
const samples = new Map(running.map(({ name }) => [name, []]))
for (const one of running) await measure(one, '/bytes/1024', { seconds: 1, connections: 32 })
for (let round = 0; round < 4; round++)
  for (const one of running)
    samples.get(one.name).push(await measure(one, '/bytes/1024', { seconds: 2, connections: 32 }))
const bare = middle(samples.get('bare undici') ?? samples.get('direct')).rps
for (const [name, s] of samples) {
  const m = middle(s)
  console.log(
    name.padEnd(26),
    m.rps.toFixed(0).padStart(7),
    (m.rps / bare).toFixed(2),
    'p50',
    m.p50,
    'p99',
    m.p99,
    'cpu µs',
    m.cpu.toFixed(0),
    'rss MB',
    (m.rss / 1e6).toFixed(0),
  )
}
for (const { child } of running) child?.kill()
upstream.child.kill()
