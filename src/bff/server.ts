/** The command `tandem-bff`: a BFF ready to run, over a configuration file (DESIGN §7). */
import { readFileSync } from 'node:fs'
import { main } from './server/main.js'

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)

const code = await main({
  argv: process.argv.slice(2),
  env: process.env,
  version,
  stdout: process.stdout,
  stderr: process.stderr,
  onStop(stop) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        stop()
        // Whoever asks a second time does not want to wait.
        process.once(signal, () => process.exit(1))
      })
  },
})
process.exit(code)
