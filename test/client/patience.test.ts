import { describe, expect, it } from 'vitest'
import { PATIENCE, withPatience } from '../../src/client/patience.js'
import { NetworkError, SessionEndedError } from '../../src/errors.js'
import { createTestPlatform } from '../support/test-platform.js'

const never = (): Promise<never> => new Promise(() => {})

describe('patience', () => {
  it('resolves with the answer and leaves no timer', async () => {
    const { clock, advance } = createTestPlatform()
    let aborted = false
    const answer = await withPatience(clock, async (signal) => {
      signal.addEventListener('abort', () => (aborted = true))
      return 'here'
    })
    expect(answer).toBe('here')
    advance(PATIENCE * 2)
    expect(aborted).toBe(false)
  })

  it('ends: the question is aborted, and the error says so', async () => {
    const { clock, advance } = createTestPlatform()
    let asked: AbortSignal | undefined
    const waiting = withPatience(clock, (signal) => {
      asked = signal
      return never()
    })
    // A second's margin: the clock under the test goes on by itself.
    advance(PATIENCE - 1_000)
    expect(asked?.aborted).toBe(false)
    advance(1_001)
    await expect(waiting).rejects.toMatchObject({ code: 'timeout', message: 'No answer came within 8 s.' })
    expect(asked?.aborted).toBe(true)
  })

  it('is short enough that start() settles within 10 s', () => expect(PATIENCE).toBeLessThan(10_000))

  it('ends at once when it is told to stop', async () => {
    const { clock } = createTestPlatform()
    const stop = new AbortController()
    const waiting = withPatience(clock, never, PATIENCE, stop.signal)
    stop.abort(new SessionEndedError('unknown'))
    await expect(waiting).rejects.toBe(stop.signal.reason)
  })

  it('passes our errors on as they are', async () => {
    const error = new SessionEndedError('revoked')
    await expect(withPatience(createTestPlatform().clock, () => Promise.reject(error))).rejects.toBe(error)
  })

  it.each([
    ['a rejection', () => Promise.reject(new TypeError('broken'))],
    [
      'an exception',
      (): Promise<never> => {
        throw new TypeError('broken')
      },
    ],
  ])('takes %s that is none of ours for a failure to get an answer', async (_, question) => {
    const failed = withPatience(createTestPlatform().clock, question)
    await expect(failed).rejects.toBeInstanceOf(NetworkError)
    await expect(failed).rejects.toMatchObject({
      code: 'network_failed',
      retryable: true,
      cause: new TypeError('broken'),
    })
  })
})
