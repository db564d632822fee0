/** `vi.waitFor` and `vi.waitUntil` wait as long as `expect.poll` does (vitest.config.ts), and not for a second: a machine may be busy. */
import { vi } from 'vitest'

const PATIENCE = 15_000

type Options = Parameters<typeof vi.waitFor>[1]

const patient = (options: Options): Options =>
  typeof options === 'number' ? options : { timeout: PATIENCE, ...options }

// Files that share a process share these.
if (vi.waitFor.name !== 'waitPatiently') {
  const { waitFor, waitUntil } = vi
  vi.waitFor = function waitPatiently(callback, options) {
    return waitFor(callback, patient(options))
  }
  vi.waitUntil = (callback, options) => waitUntil(callback, patient(options))
}
