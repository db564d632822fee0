/** A stream that is kept open over a door that a test opens and shuts. */
import { afterEach, beforeEach, vi } from 'vitest'
import { keepStream } from '../../../src/client/signals/kept-stream.js'
import type { BffError } from '../../../src/errors.js'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.js'
import { createStreamDoor, turns, type StreamDoor } from './stream-door.js'

/** A stream that is kept open, and what it told. */
export interface Kept {
  readonly door: StreamDoor
  readonly page: TestPlatform
  readonly heard: [name: string, data: unknown, askedAt?: number][]
  readonly refusals: BffError[]
  close(): void
}

/** Keeps one open. `random`: what chance says, from 0 to 1. */
export const keep = (random = 0.5, tryAgain = true): Kept => {
  const door = createStreamDoor()
  const page = createTestPlatform({ fetch: door.fetch, random: () => random })
  const heard: Kept['heard'] = []
  const refusals: BffError[] = []
  const close = keepStream(page, '/bff/events', {
    event: (name, data, askedAt) =>
      void heard.push(askedAt === undefined ? [name, data] : [name, data, askedAt]),
    refused: (refusal) => refusals.push(refusal) > 0 && tryAgain,
  })
  return { door, page, heard, refusals, close }
}

/** Time passes in small steps, ms, until the door is called once more; how much it was. */
export const untilCalled = async ({ door, page }: Kept, most = 200_000, step = 100): Promise<number> => {
  const before = door.calls.length
  for (let passed = 0; passed <= most; passed += step) {
    await turns(4)
    if (door.calls.length > before) return passed
    page.advance(step)
  }
  throw new Error(`not called within ${most} ms`)
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  // Time passes when a test says so.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())
}
