// @ts-check
/** `npm run requirements`: runs the tests of the statements, prints what is proven, and writes docs/requirements.md. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensure, programs } from './programs.mjs'
import { document, lines, proven } from './requirements.mjs'
import { exitCode, run } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const missing = await ensure(programs)
if (missing.length > 0) {
  console.error(missing.join('\n'))
  process.exit(1)
}
await run('node', ['scripts/build.mjs'])
const folder = await mkdtemp(join(tmpdir(), 'tandem-requirements-'))
try {
  const file = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  await exitCode('vitest', ['run', ...reporters, 'test/requirements/'])
  const all = proven(JSON.parse(await readFile(file, 'utf8')).testResults, root)
  await writeFile('docs/requirements.md', document(all))
  console.log(`\n${lines(all).join('\n')}`)
  process.exitCode = all.every(({ result }) => result === 'passed') ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
