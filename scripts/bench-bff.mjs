// @ts-check
/**
 * `npm run bench:bff`: what the BFF costs, against bare servers and others, in one run (test/bench/bff). `-- --only small,users,big,stored,streams`
 * chooses; fails where a figure is not as it must be. What it is compared with is installed first, into test/bench/bff.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run } from './run.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'small,users,big,stored,streams' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    sessions: { type: 'string', default: '1000000' },
    streams: { type: 'string', default: '5000' },
  },
})

/** @param {Exclude<keyof typeof values, 'only'>} name */
const positive = (name) => {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} is a whole number from 1 on, not "${values[name]}".`)
  return number
}

const folder = 'test/bench/bff'
if (!existsSync(`${folder}/node_modules/autocannon`))
  await run('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'])
await run('npm', ['run', 'build'])
// What is compared with is installed by now, and not before: nobody is to look for it when types are checked.
const at = (/** @type {string} */ file) => new URL(`../${folder}/${file}`, import.meta.url).href
const sections = await import(at('bench.mjs'))
const { endAll } = await import(at('run.mjs'))
process.on('exit', endAll)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const options = {
  rounds: positive('rounds'),
  seconds: positive('seconds'),
  connections: positive('connections'),
  sessions: positive('sessions'),
  streams: positive('streams'),
}
/** @type {Readonly<Record<string, (given: typeof options) => Promise<readonly (string | true)[]>>>} */
const known = {
  small: sections.small,
  users: sections.users,
  big: sections.big,
  stored: sections.stored,
  streams: sections.streams,
}
const bad = []
for (const name of values.only.split(',')) {
  const section = known[name]
  if (section === undefined) throw new Error(`--only knows ${Object.keys(known).join(', ')}, not "${name}".`)
  bad.push(...(await section(options)).filter((one) => typeof one === 'string'))
}
for (const one of bad) console.error(`Not as it must be: ${one}.`)
process.exit(bad.length > 0 ? 1 : 0)
