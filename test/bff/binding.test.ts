import { describe, expect, it } from 'vitest'
import { sameFamily, userAgentFamily } from '../../src/bff/binding.js'
import { worked } from '../support/worked.js'

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'

describe('userAgentFamily', () => {
  it.each([
    [`${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`, 'Chrome on Windows'],
    [
      `${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0`,
      'Edge on Windows',
    ],
    [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15`, 'Safari on macOS'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) CriOS/156.0 Mobile Safari/604.1',
      'Chrome on iOS',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    ['Mozilla/5.0 (something new)', 'unknown'],
    ['curl/8.5.0', 'curl'],
    ['', ''],
    [null, ''],
  ])('%s', (userAgent, family) => expect(userAgentFamily(userAgent)).toBe(family))

  it('does not change with an update', () => {
    const of = (version: string) => userAgentFamily(`${WINDOWS} Chrome/${version} Safari/537.36`)
    expect(of('157.0.1.2')).toBe(of('156.0.0.0'))
  })

  it('is short and quick, whatever is sent', () => {
    const families: string[] = []
    const find = (): void => {
      for (const text of ['Version/', 'a', '(', ' Safari/'])
        families.push(userAgentFamily(text.repeat(200_000)))
    }
    expect(worked(find)).toBeLessThan(500)
    for (const family of families) expect(family.length).toBeLessThan(600)
  })
})

describe('sameFamily', () => {
  it.each([
    ['Chrome on Windows', 'Chrome on Windows', true],
    ['Chrome on Windows', 'Firefox on Windows', false],
    ['Chrome on Windows', 'Chrome on Linux', false],
    ['Chrome on Windows', '', true],
    ['', 'Chrome on Windows', true],
  ])('%j and %j', (bound, now, same) => expect(sameFamily(bound, now)).toBe(same))
})
