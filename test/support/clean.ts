/**
 * Where files share a process: whatever one of them has taken into its own hands is as it was for the next. Its own hooks come before this one.
 */
import { afterAll, vi } from 'vitest'

afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
