/** Runs a program to its end. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What a program printed. @throws {Error} with all it printed where it failed, or did not end within 100 s */
export async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, maxBuffer: 64 << 20, timeout: 100_000 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`\`${[command, ...args].join(' ')}\` failed:\n${stdout}${stderr}`, { cause: error })
  }
}
