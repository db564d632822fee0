import { describe, expect, it } from 'vitest'
import { createLoopBreaker } from '../../src/client/loop.js'
import { createTestPlatform } from '../support/test-platform.js'

describe('the loop breaker', () => {
  it('stops at the third return within 60 s', () => {
    const loop = createLoopBreaker(createTestPlatform())
    loop.returned('a')
    loop.returned('b')
    expect(loop.isLoop()).toBe(false)
    loop.returned('c')
    expect(loop.isLoop()).toBe(true)
  })

  it('forgets returns older than 60 s', () => {
    const page = createTestPlatform()
    const loop = createLoopBreaker(page)
    for (const ref of ['a', 'b', 'c']) loop.returned(ref)
    page.advance(60_001)
    expect(loop.isLoop()).toBe(false)
  })

  it('counts one return once, however often it is seen', () => {
    const loop = createLoopBreaker(createTestPlatform())
    for (let seen = 0; seen < 5; seen += 1) loop.returned('the same session')
    expect(loop.isLoop()).toBe(false)
  })

  it('counts every return with an error', () => {
    const loop = createLoopBreaker(createTestPlatform())
    for (const _ of [1, 2, 3]) loop.returned(null)
    expect(loop.isLoop()).toBe(true)
  })

  it('goes on counting over page loads of one tab', () => {
    let page = createTestPlatform()
    for (const ref of ['a', 'b', 'c']) {
      createLoopBreaker(page).returned(ref)
      page = page.reload()
    }
    expect(createLoopBreaker(page).isLoop()).toBe(true)
  })

  it('begins anew once the session was used', () => {
    const loop = createLoopBreaker(createTestPlatform())
    for (const ref of ['a', 'b', 'c']) loop.returned(ref)
    loop.used()
    expect(loop.isLoop()).toBe(false)
    for (const ref of ['d', 'e', 'f']) loop.returned(ref)
    loop.used()
    expect(loop.isLoop()).toBe(false)
  })

  it('takes what it cannot read for nothing', () => {
    const page = createTestPlatform()
    for (const stored of ['no json', '{}', '[1]', '[["x","y"]]']) {
      page.items.set('tandem.returns', stored)
      expect(createLoopBreaker(page).isLoop()).toBe(false)
    }
  })

  it('counts nothing and throws nothing where storage is refused', () => {
    const refuse = (): never => {
      throw new DOMException('refused', 'SecurityError')
    }
    const loop = createLoopBreaker({
      ...createTestPlatform(),
      storage: { getItem: refuse, setItem: refuse, removeItem: refuse },
    })
    for (const ref of ['a', 'b', 'c']) loop.returned(ref)
    loop.used()
    expect(loop.isLoop()).toBe(false)
  })
})
