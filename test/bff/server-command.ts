/** `tandem-bff` as a process of its own, out of the sources. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { copyFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect } from 'vitest'

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const command = inRepository('src/bff/server.ts')
const children: ChildProcess[] = []

/** Ends every process that still runs. */
export function endAll(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

/** Makes one file of the sources, in `folder`: for a test that starts the command so often that compiling it each time is what it would wait for. */
export async function bundled(folder: string): Promise<readonly string[]> {
  const outfile = join(folder, 'dist/bff/server.mjs')
  await build({
    ...{ entryPoints: [command], outfile, bundle: true },
    ...{ platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' },
  })
  await copyFile(inRepository('package.json'), join(folder, 'package.json'))
  await symlink(inRepository('node_modules'), join(folder, 'node_modules'))
  return [outfile]
}

/** A process of the command. */
export interface Command {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the exit code. */
  readonly exit: Promise<number | null>
  /** Resolves once the log has a line with the message; the line. */
  logged(message: string): Promise<Record<string, unknown>>
}

/**
 * Runs the command in the folder `cwd` with nothing in its environment but `env`; another `program` than the sources where that is what {@link bundled}
 * has made of them.
 */
export function runIn(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
  program: readonly string[] = ['--import', import.meta.resolve('tsx'), command],
): Command {
  const child = spawn(process.execPath, [...program, ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      TSX_TSCONFIG_PATH: inRepository('tsconfig.json'),
      ...env,
    },
  })
  children.push(child)
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (text.out += chunk))
  child.stderr.on('data', (chunk) => (text.err += chunk))
  const lines = (): Record<string, unknown>[] =>
    text.out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  return {
    child,
    stdout: () => text.out,
    stderr: () => text.err,
    exit: new Promise((resolve) => child.once('close', resolve)),
    async logged(message) {
      const found = (): Record<string, unknown> | undefined =>
        lines().find(({ msg }) => String(msg).startsWith(message))
      await expect.poll(() => found() ?? text.err, { timeout: 15_000 }).toHaveProperty('msg')
      return found() ?? {}
    },
  }
}
