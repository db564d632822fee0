// @ts-check
/**
 * `npm run mutations`: breaks the rules behind S01 to S43, one by one, each by one line, in a copy of the checkout; the tests of that number must fail
 * then. Prints what was caught. `-- S05 S31` breaks these alone. Fails where fewer than thirty statements are caught, or a mutation is missed.
 */
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'

const root = fileURLToPath(new URL('..', import.meta.url))
register()
const { mutations } = await import('../test/requirements/mutations/all.js')

/** No test of one statement takes longer, ms. */
const PATIENCE = 180_000
const ENOUGH = 30
const LANES = 2

const wanted = process.argv.slice(2)
const chosen = mutations.filter(({ statement: rule }) => wanted.length === 0 || wanted.includes(rule))
if (chosen.length === 0) throw new Error(`No mutation of ${wanted.join(', ')} is known.`)

/** @param {string} folder @param {string} rule */
async function filesOf(folder, rule) {
  const files = (await readdir(join(folder, 'test/requirements'))).filter((file) => file.endsWith('.test.ts'))
  const texts = await Promise.all(
    files.map((file) => readFile(join(folder, 'test/requirements', file), 'utf8')),
  )
  return files.filter((_, i) => texts[i]?.includes(`${rule} `)).map((file) => `test/requirements/${file}`)
}

/**
 * Runs the tests of one statement, or all. Caught: one of them ran, and failed; a file that cannot be loaded shows nothing.
 * @param {string} folder @param {string} [rule] @returns {Promise<'caught' | 'missed'>}
 */
async function verdict(folder, rule) {
  const files = rule === undefined ? [] : await filesOf(folder, rule)
  if (rule !== undefined && files.length === 0) throw new Error(`${rule} has no test outside of a browser.`)
  const report = join(folder, 'report.json')
  await rm(report, { force: true })
  const one = rule === undefined ? [] : ['--bail', '1', '-t', `${rule} `, ...files]
  const args = ['run', '--project', 'requirements', '--reporter=json', `--outputFile.json=${report}`, ...one]
  const vitest = join(root, 'node_modules/.bin/vitest')
  const child = spawn(vitest, args, { cwd: folder, stdio: 'ignore', detached: true })
  // vitest ends a test that waits for ever; this is for what hangs outside of tests. With its workers.
  const patience = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), PATIENCE)
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(patience)
  /** @type {import('./counts.mjs').FileResult[]} */
  const found = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')).testResults ?? []
  const tests = found.flatMap(({ assertionResults }) => assertionResults)
  if (rule === undefined && !tests.some(({ status }) => status === 'passed')) throw new Error('No test ran.')
  const failed = tests.filter(({ status, title }) => status === 'failed' && title?.startsWith(rule ?? ''))
  return failed.length > 0 ? 'caught' : 'missed'
}

const temporary = await mkdtemp(join(tmpdir(), 'tandem-mutations-'))
/** @type {Map<string, string>} */
const results = new Map()
const waiting = [...chosen]

/** @param {string} name @returns {Promise<string>} a copy of the checkout, in which something may be broken */
async function copy(name) {
  const folder = join(temporary, name)
  for (const part of [
    'src',
    'test',
    'demo',
    'scripts',
    'docs',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'README.md',
  ])
    await cp(join(root, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    })
  for (const part of ['node_modules', 'dist'])
    await symlink(join(root, part), join(folder, part)).catch(() => {})
  return folder
}

/** @param {string} folder */
async function work(folder) {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { statement, file, text: before, becomes } = next
    const path = join(folder, file)
    const text = await readFile(path, 'utf8')
    await writeFile(
      path,
      text.replace(before, () => becomes),
    )
    const result = await verdict(folder, statement)
    await writeFile(path, text)
    results.set(`${statement} ${file} ${before}`, result)
    console.log(`${statement} ${result}  ${file}: ${before.trim().split('\n')[0]?.slice(0, 80)}`)
  }
}

try {
  const folders = await Promise.all(Array.from({ length: LANES }, (_, lane) => copy(String(lane))))
  // Where a test fails anyway, nothing is shown by its failing.
  if (wanted.length === 0 && (await verdict(folders[0] ?? '')) === 'caught')
    throw new Error('Tests of test/requirements fail though nothing is broken: mend them first.')
  await Promise.all(folders.map(work))
} finally {
  await rm(temporary, { recursive: true, force: true })
}
const caught = new Set(
  [...results].filter(([, result]) => result === 'caught').map(([name]) => name.slice(0, 3)),
)
const missed = [...results.values()].filter((result) => result === 'missed').length
console.log(`\n${caught.size} statements caught by their own tests, ${missed} mutations missed`)
process.exitCode = missed === 0 && (wanted.length > 0 || caught.size >= ENOUGH) ? 0 : 1
