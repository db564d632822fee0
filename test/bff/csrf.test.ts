import { describe, expect, it } from 'vitest'
import { createCsrf } from '../../src/bff/csrf.js'
import { createMac } from '../../src/bff/mac.js'

const OLD = 'test-secret-old-test-secret-old-test'
const NEW = 'test-secret-new-test-secret-new-test'

describe('the CSRF token', () => {
  const csrf = (...secrets: string[]) => createCsrf(createMac(secrets, 'csrf'))

  it('is genuine for its own session', async () => {
    const token = await csrf(NEW).tokenOf('ref-1')
    expect(token).toMatch(/^ref-1\.[\w-]{43}$/)
    expect(await csrf(NEW).read(token)).toEqual({ kind: 'genuine', ref: 'ref-1' })
  })

  it('stays genuine when secrets rotate', async () => {
    const token = await csrf(OLD).tokenOf('ref-1')
    expect(await csrf(NEW, OLD).read(token)).toMatchObject({ kind: 'genuine' })
    expect(await csrf(NEW).read(token)).toEqual({ kind: 'forged' })
  })

  it('cannot be turned into that of another session, or taken from another purpose', async () => {
    const [, mac] = (await csrf(NEW).tokenOf('ref-1')).split('.')
    expect(await csrf(NEW).read(`ref-2.${mac}`)).toEqual({ kind: 'forged' })
    expect(await csrf(NEW).read(`ref-1.${await createMac([NEW], 'index').of('ref-1')}`)).toEqual({
      kind: 'forged',
    })
  })

  it('of a session that is known already is the same to the last letter, or forged', async () => {
    const { tokenOf, read } = csrf(NEW)
    const [one, other] = [await tokenOf('ref-1'), await tokenOf('ref-2')]
    for (const forged of [
      `ref-1.${other.split('.')[1]}`,
      `${one.slice(0, 20)}${one[20] === 'A' ? 'B' : 'A'}${one.slice(21)}`,
      one.slice(0, -1),
      `${one}A`,
      'ref-1.',
    ])
      expect(await read(forged)).toEqual({ kind: 'forged' })
    expect(await read(one)).toEqual({ kind: 'genuine', ref: 'ref-1' })
  })

  it('is no longer than one of ours can be: nothing is computed for what is', async () => {
    const { tokenOf, read } = csrf(NEW)
    expect(await read(await tokenOf('r'.repeat(200)))).toMatchObject({ kind: 'genuine' })
    expect(await read(await tokenOf('r'.repeat(300)))).toEqual({ kind: 'forged' })
  })

  it.each([
    [null, 'absent'],
    ['1', 'constant'],
    ['', 'forged'],
    ['2', 'forged'],
    ['.x', 'forged'],
    ['ref-1.', 'forged'],
    ['ref-1.***', 'forged'],
    ['x'.repeat(300), 'forged'],
  ])('reads %j as %s', async (header, kind) => expect(await csrf(NEW).read(header)).toEqual({ kind }))
})
