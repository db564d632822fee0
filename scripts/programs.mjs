// @ts-check
/** Programs the tests need beside npm's packages: where they are, or how they come. */
import { findChromium } from './chromium.mjs'
import { findNginx } from './nginx.mjs'
import { findRedis } from './redis.mjs'
import { exitCode } from './run.mjs'
import { which } from './which.mjs'

/**
 * A program: what it is called, where it is now (if it is), and Debian's package of it.
 * @typedef {{ name: string, debian: string, variable: string, find: () => string | undefined }} Program
 */

/**
 * Everything `npm test` needs and npm does not bring. One line for each more.
 * @type {readonly Program[]}
 */
export const programs = [
  { name: 'Chromium', debian: 'chromium', variable: 'CHROMIUM_PATH', find: findChromium },
  { name: 'Redis', debian: 'redis-server', variable: 'REDIS_SERVER_PATH', find: findRedis },
  { name: 'nginx', debian: 'nginx-light', variable: 'NGINX_PATH', find: findNginx },
]

/**
 * Installs what is missing by `apt-get` where it may (as root, or by sudo without a password).
 * @param {readonly Program[]} needed
 * @returns {Promise<string[]>} what is still missing, each with what to do
 */
export async function ensure(needed) {
  const missing = needed.filter(({ find }) => find() === undefined)
  if (missing.length === 0) return []
  const apt = await aptGet()
  if (apt !== undefined) {
    const packages = missing.map(({ debian }) => debian)
    console.log(`Installing ${packages.join(', ')} by apt-get …`)
    const [command, ...args] = apt
    await exitCode(command, [...args, 'update'])
    await exitCode(command, [...args, 'install', '--yes', '--no-install-recommends', ...packages])
  }
  return missing
    .filter(({ find }) => find() === undefined)
    .map(
      ({ name, debian, variable }) =>
        `${name} is needed and was not found. Install it (Debian, Ubuntu: apt-get install ${debian}), ` +
        `or name it in the environment variable ${variable}.`,
    )
}

/** @returns {Promise<[string, ...string[]] | undefined>} how `apt-get` may be called here */
async function aptGet() {
  if (which(['apt-get']) === undefined) return undefined
  if (process.getuid?.() === 0) return ['apt-get']
  const allowed = which(['sudo']) !== undefined && (await exitCode('sudo', ['-n', 'true'])) === 0
  return allowed ? ['sudo', '-n', 'apt-get'] : undefined
}
