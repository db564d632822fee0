/** `tandem-bff` as a process of its own, out of the sources. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { expect } from 'vitest'
import { programOf } from '../support/program.js'

const children: ChildProcess[] = []

/** Ends every process that still runs. */
export function endAll(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

/** A process of the command. */
export interface Command {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the exit code. */
  readonly exit: Promise<number | null>
  /** Resolves once the log has a line with the message; the line. Rejects with what it wrote to stderr where it ends before. */
  logged(message: string): Promise<Record<string, unknown>>
}

/** Runs the command in the folder `cwd` with nothing in its environment but `env`. */
export function runIn(cwd: string, args: readonly string[], env: Record<string, string> = {}): Command {
  const child = spawn(process.execPath, [programOf('src/bff/server.ts'), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
  })
  children.push(child)
  const text = { out: '', err: '', isWhole: false }
  child.stdout.on('data', (chunk) => (text.out += chunk))
  child.stderr.on('data', (chunk) => (text.err += chunk))
  child.once('close', () => (text.isWhole = true))
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
      await expect.poll(() => found() !== undefined || text.isWhole, { timeout: 30_000 }).toBe(true)
      const line = found()
      if (line === undefined) throw new Error(`It ended before it logged "${message}": ${text.err}`)
      return line
    },
  }
}
