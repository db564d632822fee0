// @ts-check
/** Builds what the demo serves, where that is missing or older than what it is made from. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run } from '../scripts/run.mjs'

const root = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/**
 * When the newest file in these files and folders was changed, in ms since the epoch; 0 where there is none.
 * @param {readonly string[]} paths
 * @returns {number}
 */
const newest = (paths) =>
  Math.max(
    0,
    ...paths.filter(existsSync).map((path) => {
      const status = statSync(path)
      return status.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : status.mtimeMs
    }),
  )

/**
 * When the oldest of these files was changed, in ms since the epoch; -Infinity where one is missing.
 * @param {readonly string[]} paths
 * @returns {number}
 */
const oldest = (paths) =>
  Math.min(...paths.map((path) => (existsSync(path) ? statSync(path).mtimeMs : -Infinity)))

/**
 * Does this alone among all processes of this checkout: two that build the same files would break each other's.
 * @param {() => Promise<void>} work
 */
const alone = async (work) => {
  const lock = root('.demo/building')
  mkdirSync(root('.demo'), { recursive: true })
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
      // Left behind by a process that was killed.
      if (Date.now() - since > 180_000) rmSync(lock, { recursive: true, force: true })
      else await setTimeout(200)
    }
  }
  try {
    await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** Builds `dist/` and then the React and Vue pages, each only where it is out of date. */
export const buildDemo = () =>
  alone(async () => {
    const library = [
      'index.js',
      'react.js',
      'vue.js',
      'mosaic.js',
      'bff/index.js',
      'tandem.global.js',
      'tandem.oidc.js',
    ]
    const source = ['src', 'rollup.config.mjs', 'package.json']
    if (oldest(library.map((file) => root(`dist/${file}`))) < newest(source.map(root))) {
      await run(process.execPath, [root('scripts/build.mjs')])
    }
    const pages = ['.demo/pages/react/index.html', '.demo/pages/vue/index.html']
    const used = [
      'dist/index.js',
      'demo/react',
      'demo/vue',
      'demo/shared',
      'demo/public',
      'demo/vite.config.ts',
    ]
    if (oldest(pages.map(root)) < newest(used.map(root))) {
      await run('vite', ['build', '--config', root('demo/vite.config.ts'), '--logLevel', 'warn'])
    }
  })
