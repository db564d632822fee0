// @ts-check
/**
 * `npm test`: installs what the tests need, builds dist/, runs every test and closes with `N passed, N failed`.
 * Arguments go to vitest: `npm test -- test/session`. A test that was skipped is a failure: nothing passes silently.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closing, count } from './counts.mjs'
import { ensure, programs } from './programs.mjs'
import { lines, proven } from './requirements.mjs'
import { exitCode, run } from './run.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const missing = await ensure(programs)
if (missing.length > 0) {
  console.error(missing.join('\n'))
  process.exit(1)
}

await run('node', ['scripts/build.mjs'])

const folder = await mkdtemp(join(tmpdir(), 'tandem-tests-'))
try {
  const file = join(folder, 'report.json')
  const code = await exitCode('vitest', [
    'run',
    '--allowOnly=false',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...process.argv.slice(2),
  ])
  const report = await readFile(file, 'utf8').catch(() => 'null')
  const counts = count(JSON.parse(report), code)
  for (const complaint of counts.complaints) console.error(complaint)
  // A part of the tests proves a part of the statements.
  const isWhole = process.argv.length === 2
  const all = isWhole ? proven(JSON.parse(report)?.testResults ?? [], process.cwd()) : []
  if (isWhole) console.log(`\n${lines(all).join('\n')}`)
  const isMissing = all.some(({ result }) => result === 'missing')
  if (isMissing) console.error('A statement has no test: see the lines that say "missing".')
  console.log(`\n${closing(counts)}`)
  process.exitCode = counts.failed === 0 && !isMissing ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
