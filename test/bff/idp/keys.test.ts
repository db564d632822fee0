import { errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeys, verifiedBy } from '../../../src/bff/idp/keys.js'

const newPair = () => generateKeyPair('ES256', { extractable: true })
type Pair = Awaited<ReturnType<typeof newPair>>

/** An IDP with keys that can be changed, and a clock. */
async function start() {
  const edges = {
    time: 0,
    fetched: 0,
    answers: true,
    kids: ['one'],
    /** Another one than tokens are signed with. */
    pair: undefined as Pair | undefined,
    now: () => edges.time,
    async fetch() {
      edges.fetched++
      if (!edges.answers) throw new TypeError('fetch failed')
      const jwk = await exportJWK((edges.pair ?? pair).publicKey)
      return Response.json({ keys: edges.kids.map((kid) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' })) })
    },
  }
  const pair = await newPair()
  const keys = createKeys('https://idp.test/jwks', 5, edges)
  const verify = async (kid: string): Promise<boolean> => {
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(pair.privateKey)
    return verifiedBy(keys, () => jwtVerify(token, keys)).then(
      () => true,
      () => false,
    )
  }
  return { edges, verify, keys }
}

describe('the keys of the IDP', () => {
  it('are fetched when first needed, once by many', async () => {
    const { edges, verify } = await start()
    expect(edges.fetched).toBe(0)
    expect(await Promise.all([verify('one'), verify('one'), verify('one')])).toEqual([true, true, true])
    expect(edges.fetched).toBe(1)
  })

  it('that were changed a moment ago are known at once', async () => {
    const { edges, verify } = await start()
    await verify('one')
    edges.kids = ['two']
    expect(await Promise.all([verify('two'), verify('two')])).toEqual([true, true])
    expect(edges.fetched).toBe(2)
  })

  it('that were changed under the name they had are known at once', async () => {
    const { edges, verify, keys } = await start()
    edges.pair = await newPair()
    await keys.ready()
    expect(await verify('one')).toBe(false)
    edges.pair = undefined
    // A moment ago they were looked at for the same reason.
    expect(await verify('one')).toBe(false)
    edges.time += 30_000
    expect(await Promise.all([verify('one'), verify('one')])).toEqual([true, true])
    expect(edges.fetched).toBe(3)
  })

  it('are fetched once within 30 s for a flood of tokens that are signed by others', async () => {
    const { edges, verify, keys } = await start()
    await verify('one')
    edges.pair = await newPair()
    await keys.begin?.()()
    for (let i = 0; i < 50; i++) expect(await verify('one')).toBe(false)
    expect(edges.fetched).toBe(2)
  })

  it('whose signature is wrong make a token wrong, also where they cannot be had anew', async () => {
    const { edges, keys, verify } = await start()
    edges.pair = await newPair()
    await keys.ready()
    edges.answers = false
    expect(await verify('one')).toBe(false)
    const other = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign((await newPair()).privateKey)
    await expect(verifiedBy(keys, () => jwtVerify(other, keys))).rejects.toThrow(
      errors.JWSSignatureVerificationFailed,
    )
  })

  it('are fetched once within 30 s for a flood of tokens that name unknown ones', async () => {
    const { edges, verify } = await start()
    await verify('one')
    for (let i = 0; i < 50; i++) expect(await verify(`forged-${i}`)).toBe(false)
    expect(await Promise.all(Array.from({ length: 50 }, (_, i) => verify(`more-${i}`)))).not.toContain(true)
    expect(edges.fetched).toBe(2)
    edges.time += 30_000
    edges.kids = ['three']
    expect(await verify('three')).toBe(true)
    expect(edges.fetched).toBe(3)
  })

  it('are fetched again after ten minutes: one that was withdrawn is believed for that long', async () => {
    const { edges, verify } = await start()
    await verify('one')
    edges.kids = ['two']
    edges.time += 599_000
    expect(await verify('one')).toBe(true)
    edges.time += 1_000
    expect(await verify('one')).toBe(false)
    expect(await verify('two')).toBe(true)
  })

  it('that are old and cannot be had go on for a day, and are asked for twice a minute', async () => {
    const { edges, verify } = await start()
    await verify('one')
    edges.answers = false
    edges.time += 600_000
    for (let i = 0; i < 20; i++) expect(await verify('one')).toBe(true)
    expect(edges.fetched).toBe(2)
    edges.time += 30_000
    expect(await verify('one')).toBe(true)
    expect(edges.fetched).toBe(3)
    edges.time += 24 * 3_600_000
    expect(await verify('one')).toBe(false)
    edges.answers = true
    expect(await verify('one')).toBe(true)
  })

  it('can be waited for, and are then not fetched again for the first token', async () => {
    const { edges, verify, keys } = await start()
    edges.answers = false
    await expect(keys.ready()).rejects.toThrow('cannot be had')
    edges.answers = true
    await keys.ready()
    await keys.ready()
    expect(await verify('one')).toBe(true)
    expect(edges.fetched).toBe(2)
  })

  it('are not ready where there are none, and are looked for each time', async () => {
    const { edges, keys } = await start()
    edges.kids = []
    const none = { code: 'keys_unusable', expected: 'a key at jwks_uri', found: 'none' }
    await expect(keys.ready()).rejects.toMatchObject(none)
    await expect(keys.ready()).rejects.toMatchObject(none)
    edges.kids = ['one']
    await keys.ready()
    expect(edges.fetched).toBe(3)
  })

  it('that cannot be had are asked for again', async () => {
    const { edges, verify } = await start()
    edges.answers = false
    expect(await verify('one')).toBe(false)
    edges.answers = true
    expect(await verify('one')).toBe(true)
  })
})
