/** Programs out of the sources, for tests that start many processes of one. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = `${root}.cache/programs`
const made = new Map<string, string>()

/**
 * The path of `source` (of the repository, as `src/bff/server.ts`) and all that it imports as one file of JavaScript, as the sources are
 * now. Reading each TypeScript file anew would take a process longer than most of what it is started for.
 */
export const programOf = (source: string): string => {
  const before = made.get(source)
  if (before !== undefined) return before
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: [source],
    bundle: true,
    // What is installed stays where it is, and is found from a folder of the repository.
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    keepNames: true,
    write: false,
  })
  const file = `${folder}/${basename(source, '.ts')}.mjs`
  mkdirSync(folder, { recursive: true })
  // Other workers may be making it, or starting it: it is there as a whole, or not at all.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, outputFiles[0]?.contents ?? '')
  renameSync(draft, file)
  made.set(source, file)
  return file
}
