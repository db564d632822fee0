// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { createEnds, type End } from '../../src/oidc/ends.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

const NAME = 'https://idp.example.com app'
const end = (ref: string): End => ({ ref, reason: 'logout', endedAt: 5 })

let platform: TestPlatform

const open = (page = platform, name = NAME) =>
  createEnds({ notes: page.notes, tabs: page.tabs('test') }, name)

beforeEach(() => {
  platform = createTestPlatform()
})

describe('an end', () => {
  it('is told to the other tabs', async () => {
    const other = createTestPlatform({ browser: platform.browser })
    const heard: unknown[] = []
    other.tabs('test').onMessage((message) => heard.push(message))
    open().tell(end('one'), 3)
    await expect
      .poll(() => heard)
      .toEqual([{ type: 'ended', ref: 'one', reason: 'logout', endedAt: 5, generation: 3 }])
  })

  it('that is noted is found by those that slept', () => {
    open().note(end('one'))
    const other = createTestPlatform({ browser: platform.browser })
    expect(open(other).of('one')).toEqual({ reason: 'logout', endedAt: 5 })
  })

  it('is known to whoever noted it, wherever notes go', () => {
    const ends = open()
    ends.note(end('one'))
    platform.notes.removeItem(`tandem.ends ${NAME}`)
    expect(ends.of('one')).toEqual({ reason: 'logout', endedAt: 5 })
    expect(open().of('one')).toBeUndefined()
  })

  it('of another session, client or IDP is not this one', () => {
    open().note(end('one'))
    expect(open().of('two')).toBeUndefined()
    expect(open(platform, 'https://idp.example.com other').of('one')).toBeUndefined()
  })

  it('is kept as long as it is one of the last four, each once', () => {
    for (const ref of ['one', 'two', 'three', 'four', 'two', 'five']) open().note(end(ref))
    expect(['one', 'two', 'three', 'four', 'five'].filter((ref) => open().of(ref))).toEqual([
      'two',
      'three',
      'four',
      'five',
    ])
    open().note({ ...end('two'), reason: 'revoked' })
    expect(open().of('two')?.reason).toBe('revoked')
  })

  it('is unknown where notes hold nonsense', () => {
    platform.notes.setItem(`tandem.ends ${NAME}`, '{')
    expect(open().of('one')).toBeUndefined()
    open().note(end('one'))
    expect(open().of('one')).toBeDefined()
  })
})
