import { describe, expect, it } from 'vitest'
import { createRegulars, watched } from '../../src/bff/regulars.js'
import { ORIGIN } from './bench.js'

describe('what is read of a head', () => {
  it('is noted with its value, by lower-case names, also where there is none', () => {
    const headers = new Headers({ Cookie: 'a=1' })
    const { head, read } = watched({ method: 'GET', url: `${ORIGIN}/`, headers })
    expect([head.headers.get('Cookie'), head.headers.get('origin')]).toEqual(['a=1', null])
    expect([...read]).toEqual([
      ['cookie', 'a=1'],
      ['origin', null],
    ])
  })
})

describe('what is remembered', () => {
  const peer = { clientAddress: null }
  const headOf = (cookie: string, site = 'same-origin') => ({
    method: 'GET',
    url: `${ORIGIN}/bff/api/echo/x`,
    headers: new Headers({ cookie, 'sec-fetch-site': site }),
  })

  /** Notes calls by their heads, and tells which of them are known. */
  function remembering() {
    let peeks = 0
    const store = { peek: () => ((peeks += 1), null) }
    const house = {
      options: { basePath: '/bff' },
      edges: { now: () => 0 },
      vault: {},
      store: async () => store,
    }
    const regulars = createRegulars(house as never)
    return {
      async note(given: ReturnType<typeof headOf>): Promise<void> {
        const { head, read } = watched(given)
        for (const name of ['cookie', 'sec-fetch-site']) head.headers.get(name)
        const visit = { head, connection: peer }
        const record = { key: 'k', version: 1 }
        const admitted = { call: { upstream: { name: 'echo' } }, open: { record }, holdsUntil: 1 }
        await regulars.note(visit as never, peer, read, admitted as never)
      },
      knows(head: ReturnType<typeof headOf>): boolean {
        const before = peeks
        void regulars.again(head, peer)
        return peeks > before
      },
    }
  }

  it('is of a thousand browsers at most, those that came last', async () => {
    const { note, knows } = remembering()
    for (let i = 0; i <= 1000; i++) await note(headOf(`a=${i}`))
    expect([0, 1, 1000].map((i) => knows(headOf(`a=${i}`)))).toEqual([false, true, true])
  })

  it('is of eight kinds of calls of each at most, the newest', async () => {
    const { note, knows } = remembering()
    for (let i = 0; i <= 8; i++) await note(headOf('a=1', `site-${i}`))
    expect([0, 1, 8].map((i) => knows(headOf('a=1', `site-${i}`)))).toEqual([false, true, true])
  })
})
