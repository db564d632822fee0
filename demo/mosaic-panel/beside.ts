import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The demo with Mosaic, in a process of its own: the time it moves is nobody else's. */
export interface Beside {
  /** Starts it where it does not run; resolves with its address. @throws {Error} where it ends before it answers */
  start(): Promise<string>
  close(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url))

const addressOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    child.on('message', (message: unknown) => {
      const { url } = Object(message) as { url?: unknown }
      if (typeof url === 'string') resolve(url)
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`The demo with Mosaic ended (${String(code)}); see what it printed.`)),
    )
  })

/** Nothing is started yet. @param args flags of that demo, beside `--mosaic` */
export const createBeside = (args: readonly string[] = []): Beside => {
  let child: ChildProcess | null = null
  let address: Promise<string> | null = null
  return {
    start: () =>
      (address ??= (async () => {
        const started = fork(SCRIPT, ['--mosaic', ...args])
        child = started
        started.once('exit', () => (address = child = null))
        return addressOf(started)
      })()),
    close: async () => {
      const running = child
      if (running === null) return
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      await ended
    },
  }
}

/** Says where it is to the demo that has started this process, and stops when that is gone. */
export const tellParent = (url: string, stop: () => void): void => {
  if (process.send === undefined) return
  process.once('disconnect', stop)
  process.send({ url })
}
