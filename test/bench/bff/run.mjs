// @ts-check
/** Measures the servers one after the other, round by round, so that a busy moment hits none of them alone. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import autocannon from 'autocannon'
import { percentile } from './figures.mjs'

/**
 * @typedef {{ name: string, file: string, store?: string }} Contender
 * @typedef {{ name: string, url: string, headers: Record<string, string>, path: string, child: import('node:child_process').ChildProcess | null }} Running
 * @typedef {{ rps: number, p50: number, p99: number, cpu: number, rss: number }} Sample
 */

const here = (/** @type {string} */ file) => new URL(file, import.meta.url).pathname

/** @param {import('node:child_process').ChildProcess} child @param {string} question */
export async function ask(child, question) {
  child.send(question)
  const [answer] = await once(child, 'message')
  return /** @type {{ cpu: number, rss: number, peak: number }} */ (answer)
}

/** Starts the API. @returns {Promise<{ url: string, child: import('node:child_process').ChildProcess }>} */
export async function startUpstream() {
  const child = fork(here('upstream.mjs'))
  const [{ url }] = await once(child, 'message')
  return { url, child }
}

/** @param {Contender} contender @param {string} upstream @returns {Promise<Running>} */
export async function startContender({ name, file, store = '' }, upstream) {
  const child = fork(here('child.mjs'), [file, upstream, store], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ])
  return { name, child, ...message }
}

/** @param {Running} running @param {string} path @param {{ seconds: number, connections: number }} load @returns {Promise<Sample>} */
export async function measure({ url, headers, path: mount, child, name }, path, { seconds, connections }) {
  const before = child && (await ask(child, 'reset'))
  const result = await autocannon({
    url: url.replace('localhost', '127.0.0.1') + mount + path,
    headers: { ...headers, host: new URL(url).host },
    connections,
    duration: seconds,
  })
  const after = child && (await ask(child, 'now'))
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(
      `${name}: ${result.non2xx} refused, ${result.errors} failed (${JSON.stringify(result.statusCodeStats)})`,
    )
  return {
    rps: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: before && after ? (after.cpu - before.cpu) / result.requests.total : 0,
    rss: after ? after.peak : 0,
  }
}

/** @param {readonly Sample[]} samples @returns {Sample} */
export const middle = (samples) => {
  const of = (/** @type {keyof Sample} */ key) =>
    percentile(
      samples.map((sample) => sample[key]),
      50,
    )
  return { rps: of('rps'), p50: of('p50'), p99: of('p99'), cpu: of('cpu'), rss: of('rss') }
}
