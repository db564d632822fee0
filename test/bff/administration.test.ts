import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startOddBench } from './bench.js'

/** A store that is there for the length of a test. */
const stores: [string, () => string][] = [
  ['memory', () => 'memory:'],
  [
    'SQLite',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'tandem-flow-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      return `sqlite:${join(folder, 'sessions.db')}`
    },
  ],
]

describe.each(stores)('a session that was ended (%s)', (_, store) => {
  it('is known to the administrator before, and gone after', async () => {
    const { browser, bff, newBrowser } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, store: store() }),
      },
    )
    await browser.login()
    const other = newBrowser()
    await other.login()
    const { user, ref, idp } = await browser.signedIn()
    const listed = await bff.sessions.list({ sub: user.sub })
    expect(listed).toHaveLength(2)
    expect(listed.find((one) => one.ref === ref)).toEqual({
      id: ref,
      ref,
      startedAt: expect.any(Number),
      usedAt: expect.any(Number),
      expiresAt: expect.any(Number),
      userAgent: expect.stringMatching(/\w/),
    })
    expect(await bff.sessions.list({ sid: idp.sid ?? '' })).toHaveLength(2)
    expect(await bff.sessions.list({ sub: 'nobody' })).toEqual([])
    expect(await bff.sessions.end({ id: ref })).toBe(1)
    expect((await browser.session()).authenticated).toBe(false)
    expect((await other.session()).authenticated).toBe(true)
    expect(await bff.sessions.end({ sid: idp.sid ?? '', sub: 'nobody' })).toBe(0)
    expect(await bff.sessions.end({ sid: idp.sid ?? '' })).toBe(1)
    expect((await other.session()).authenticated).toBe(false)
  })
})

describe('a filter that says more or less than whose sessions are meant', () => {
  it.each<[string, Record<string, unknown>]>([
    ['nothing', {}],
    ['an empty sub', { sub: '' }],
    ['a number for sid', { sid: 7 }],
    ['a name that is not known', { sub: 'alice', userAgent: 'Firefox' }],
    ['an id beside a sub', { id: 'x', sub: 'alice' }],
    ['an empty id', { id: '' }],
  ])('ends nothing: %s', async (_, filter) => {
    const { browser, bff } = await startOddBench()
    await browser.login()
    const whose = filter as { sub: string }
    await expect(bff.sessions.end(whose)).rejects.toThrow(TypeError)
    await expect(bff.sessions.list(whose)).rejects.toThrow(TypeError)
    expect((await browser.session()).authenticated).toBe(true)
  })
})
