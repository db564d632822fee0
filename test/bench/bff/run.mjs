// @ts-check
/** Starts the servers that are measured, and asks them what they cost. */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {{ name: string, file: string, store?: string }} Contender
 * @typedef {{ name: string, url: string, headers: Record<string, string>, path: string, child: import('node:child_process').ChildProcess | null }} Running
 * @typedef {{ cpu: number, rss: number, peak: number, result: unknown }} Told
 */

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url))

/** @type {(() => void)[]} */
const endings = []
/** Ends everything that was started here. */
export const endAll = () => {
  for (const end of endings.splice(0).reverse()) end()
}

/** @param {Running} running @param {string} question @param {number} [count] @returns {Promise<Told>} */
export async function ask({ child }, question, count) {
  if (child === null) return { cpu: 0, rss: 0, peak: 0, result: undefined }
  child.send({ ask: question, count })
  const [answer] = await once(child, 'message')
  return answer
}

/** Starts the API. @returns {Promise<string>} where it is */
export async function startUpstream() {
  const child = fork(here('upstream.mjs'))
  endings.push(() => child.kill())
  const [{ url }] = await once(child, 'message')
  return url
}

/** @param {Contender} contender @param {string} upstream @returns {Promise<Running>} */
export async function start({ name, file, store = '' }, upstream) {
  const child = fork(here('child.mjs'), [file, upstream, store], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  endings.push(() => child.kill())
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ])
  return { name, child, ...message }
}

/** A folder that is gone afterwards. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'tandem-bench-'))
  endings.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** @returns {Promise<number>} a port that is free */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** Starts a `redis-server` that keeps nothing on disk. @returns {Promise<string>} its address */
export async function startRedis() {
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'], {
    cwd: folder(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  endings.push(() => server.kill())
  for await (const line of server.stdout) if (String(line).includes('Ready to accept')) break
  return `redis://127.0.0.1:${port}/`
}
