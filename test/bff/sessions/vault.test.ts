import { describe, expect, it, vi } from 'vitest'
import { systemEdges } from '../../../src/bff/edges.js'
import { createSealing } from '../../../src/bff/sealing.js'
import type { SessionContent } from '../../../src/bff/sessions/content.js'
import { createVault } from '../../../src/bff/sessions/vault.js'

const SECRET = 'test-secret-of-the-vault-0123456789abc'
const content = (sub: string): SessionContent => ({
  user: { sub },
  idp: { status: 'active' },
  idpEndIsTold: false,
  authentication: { time: 0, amr: [] },
  access: { value: 'token', expiresAt: 1, scope: [], audience: [], roles: [] },
  resources: {},
  resource: null,
  extendableUntil: null,
  refreshToken: null,
  idToken: null,
  unanswered: false,
  began: 'login',
})

const outside = { key: 'k', idpEnded: null }

describe('the vault', () => {
  it('opens what was sealed under a key with its cookie, and nothing else', async () => {
    const sealed = await createVault(createSealing([SECRET], systemEdges)).seal(
      content('alice'),
      'k',
      'cookie',
    )
    const fresh = () => createVault(createSealing([SECRET], systemEdges))
    expect(await fresh().open({ ...outside, sealed }, 'cookie')).toEqual(content('alice'))
    expect(await fresh().open({ ...outside, sealed }, 'other')).toBeNull()
    expect(await fresh().open({ ...outside, key: 'k2', sealed }, 'cookie')).toBeNull()
  })

  it('deciphers a busy session once, and again once it was changed or forgotten', async () => {
    const sealing = createSealing([SECRET], systemEdges)
    const open = vi.fn<typeof sealing.open>(sealing.open)
    const vault = createVault({ ...sealing, open })
    const [one, two] = [
      await sealing.seal(JSON.stringify(content('a')), purpose),
      await sealing.seal(JSON.stringify(content('b')), purpose),
    ]
    for (let i = 0; i < 3; i++)
      expect((await vault.open({ ...outside, sealed: one }, 'c'))?.user.sub).toBe('a')
    expect(open).toHaveBeenCalledTimes(1)
    expect((await vault.open({ ...outside, sealed: two }, 'c'))?.user.sub).toBe('b')
    expect(open).toHaveBeenCalledTimes(2)
    vault.forget('k')
    await vault.open({ ...outside, sealed: two }, 'c')
    expect(open).toHaveBeenCalledTimes(3)
  })

  it('opens a content as the outside of its record says it is: without a session at the IDP that is over', async () => {
    const vault = createVault(createSealing([SECRET], systemEdges))
    const sealed = await vault.seal({ ...content('alice'), refreshToken: 'test-token' }, 'k', 'c')
    for (const one of [vault, createVault(createSealing([SECRET], systemEdges))]) {
      const opened = await one.open({ key: 'k', sealed, idpEnded: 'logout' }, 'c')
      expect(opened).toMatchObject({ idp: { status: 'ended', endedBy: 'logout' }, refreshToken: null })
    }
    expect(await vault.open({ ...outside, sealed }, 'c')).toMatchObject({ refreshToken: 'test-token' })
    // What is open already is nothing to go on with then, without another look.
    expect(vault.known({ ...outside, sealed })).toMatchObject({ refreshToken: 'test-token' })
    expect(vault.known({ key: 'k', sealed, idpEnded: 'logout' })).toBeNull()
    expect(vault.known({ ...outside, sealed: `${sealed}x` })).toBeNull()
    expect(vault.known({ ...outside, key: 'k2', sealed })).toBeNull()
  })

  it('keeps a bounded number open', async () => {
    const sealing = createSealing([SECRET], systemEdges)
    const open = vi.fn<typeof sealing.open>(sealing.open)
    const vault = createVault({ ...sealing, open })
    const sealed: string[] = []
    for (let i = 0; i < 1001; i++) sealed.push(await vault.seal(content(`${i}`), `k${i}`, 'c'))
    await vault.open({ ...outside, key: 'k1000', sealed: sealed[1000] ?? '' }, 'c')
    expect(open).toHaveBeenCalledTimes(0)
    await vault.open({ ...outside, key: 'k0', sealed: sealed[0] ?? '' }, 'c')
    expect(open).toHaveBeenCalledTimes(1)
  })
})

const purpose = { purpose: 'session', place: 'k', with: 'c' }
