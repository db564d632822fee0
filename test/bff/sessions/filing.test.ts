import { describe, expect, it } from 'vitest'
import { createFiling } from '../../../src/bff/sessions/filing.js'
import { withDefaults } from '../../../src/bff/validate-defaults.js'
import { ORIGIN, SECRET } from '../bench.js'

const OLD = 'test-secret-that-sealed-until-yesterday-01'

const filingOf = (secrets: readonly string[], issuer = 'https://idp.test') =>
  createFiling(
    withDefaults({ origin: ORIGIN, idp: { issuer, clientId: 'c', clientSecret: 'test' }, secrets }),
  )

describe('the indexes of sessions', () => {
  it('tell nothing of whom they index, and nothing of one issuer is another’s', async () => {
    const filed = await filingOf([SECRET]).of('alice', 'sid')
    expect(JSON.stringify(filed)).not.toMatch(/alice|sid"/)
    const other = await filingOf([SECRET], 'https://other.test').of('alice', 'sid')
    expect(other.subject).not.toBe(filed.subject)
    expect(other.idpSession).not.toBe(filed.idpSession)
    expect((await filingOf([SECRET]).of('sid', 'alice')).subject).not.toBe(filed.idpSession)
    expect((await filingOf([SECRET]).of('alice', undefined)).idpSession).toBeNull()
  })

  it('find what was filed, also under a secret of before', async () => {
    const before = await filingOf([OLD]).of('alice', 'sid')
    const filing = filingOf([SECRET, OLD])
    const now = await filing.of('alice', 'sid')
    expect(await filing.filters({ sub: 'alice' })).toEqual([
      { subject: now.subject },
      { subject: before.subject },
    ])
    expect(await filing.filters({ sid: 'sid' })).toEqual([
      { idpSession: now.idpSession },
      { idpSession: before.idpSession },
    ])
    expect(await filing.filters({ sub: 'alice', sid: 'sid' })).toEqual([now, before])
    expect([await filing.belongs(before, 'alice'), await filing.belongs(before, 'bob')]).toEqual([
      true,
      false,
    ])
  })
})
