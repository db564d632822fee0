// @ts-check
/** Runs a program and waits for it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { delimiter } from 'node:path'

const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))

/**
 * The exit code of a program, found among the project's own (`node_modules/.bin`) first; its output goes to ours.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>} 127 where there is no such program, 128 where a signal ended it
 */
export function exitCode(command, args) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` }
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      'code' in error && error.code === 'ENOENT' ? resolve(127) : reject(error),
    )
    child.once('close', (code) => resolve(code ?? 128))
  })
}

/**
 * As {@link exitCode}, and a program that fails is an error.
 * @param {string} command
 * @param {readonly string[]} args
 */
export async function run(command, args) {
  const code = await exitCode(command, args)
  if (code !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` ended with ${code}.`)
}
