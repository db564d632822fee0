/** Folders of files for a test, gone after it. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { files } from '../../../src/bff/static/files.js'
import type { Site, StaticOptions } from '../../../src/bff/static/options.js'
import { run } from '../node/harness.js'
import type { Running } from '../node/harness.js'

/** Writes files into a folder; `time`: when they were changed, ms since the epoch. */
export async function write(
  folder: string,
  content: Readonly<Record<string, string | Buffer>>,
  time?: number,
): Promise<void> {
  for (const [name, text] of Object.entries(content)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    if (time !== undefined) await utimes(path, time / 1000, time / 1000)
  }
}

/** A folder with these files. */
export async function folderOf(content: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-static-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await write(folder, content)
  return folder
}

export const site: Site = {
  origin: 'https://app.example.com',
  basePath: '/bff',
  idp: ['https://idp.example.com'],
}

/** What a tab sends. */
export const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** A server of these files alone. */
export async function serving(
  folder: string,
  { at = site, ...options }: Omit<StaticOptions, 'folder'> & { readonly at?: Site } = {},
): Promise<Running> {
  const running = await run(files({ folder, ...options }, at))
  onTestFinished(() => running.close())
  return running
}

/** What an app may have been built to. */
export const built = {
  'index.html':
    '<!doctype html><title>app</title><script type="module" src="/assets/index-3f2a1b9c.js"></script>',
  'assets/index-3f2a1b9c.js': 'export const hello = "hello"',
  'sw.js': 'self.addEventListener("fetch", () => {})',
  'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
}
/** The same in a folder of this name. */
export const prefixed = (folder: string, content: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(content).map(([name, text]) => [folder + name, text]))
/** A file of it that is named after its content. */
export const hashed = '/assets/index-3f2a1b9c.js'
