import { EventEmitter } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dropSlowReaders } from '../../../src/bff/node/slow-readers.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A connection to which so much was written, and of which so much waits. */
const connection = (bytesWritten: number, writableLength: number) => ({
  ...{ bytesWritten, writableLength },
  destroy: vi.fn(),
})

/** A server whose readers are looked at, with 10 s for each 64 KiB. */
function looking(...sockets: (ReturnType<typeof connection> | null)[]): EventEmitter {
  const server = new EventEmitter()
  const answering = sockets.map((socket) => ({ socket }) as Partial<ServerResponse> as ServerResponse)
  dropSlowReaders(server as Partial<Server> as Server, answering, 10)
  return server
}

it('who takes less of a piece than all in its time is let go of, whatever little is taken', () => {
  const slow = connection(100_000, 65_536)
  looking(slow)
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(5000)
    slow.writableLength -= 1000
    expect(slow.destroy).not.toHaveBeenCalled()
  }
  vi.advanceTimersByTime(5000)
  expect(slow.destroy).toHaveBeenCalled()
})

it('who takes each piece in its time, or has nothing to take, is not', () => {
  const steady = connection(100_000, 65_536)
  const idle = connection(100_000, 0)
  const server = looking(steady, idle, null)
  for (let i = 0; i < 20; i++) {
    vi.advanceTimersByTime(10_000)
    // A piece was taken, and another one waits.
    steady.bytesWritten += 65_536
  }
  expect(steady.destroy).not.toHaveBeenCalled()
  expect(idle.destroy).not.toHaveBeenCalled()
  server.emit('close')
  expect(vi.getTimerCount()).toBe(0)
})

it('what waits longer because it is more has more time', () => {
  const large = connection(1_000_000, 10 * 65_536)
  looking(large)
  vi.advanceTimersByTime(105_000)
  expect(large.destroy).not.toHaveBeenCalled()
  vi.advanceTimersByTime(15_000)
  expect(large.destroy).toHaveBeenCalled()
})
