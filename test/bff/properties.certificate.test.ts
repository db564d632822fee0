import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ORIGIN, startOddBench } from './bench.js'
import { behind, doorsOf, from, shut } from './bound.js'
import { certificatePem, wired } from './wired.js'

describe('a session bound to a client certificate', () => {
  const der = new X509Certificate(certificatePem()).raw
  const other = Buffer.from(der.map((byte, i) => (i === der.length - 1 ? byte ^ 1 : byte)))
  const field = (bytes: Buffer): string => `:${bytes.toString('base64')}:`
  const options = behind({ clientCertificate: { header: 'X-Our-Cert' } }, { mediateTokens: true })
  const holding = (bytes: Buffer | null) =>
    from('203.0.113.7', bytes === null ? {} : { 'x-our-cert': field(bytes) })

  it('is nobody without it, and with another one', async () => {
    const bench = await wired(options)
    const owner = bench.at(holding(der))
    await owner.login()
    expect((await owner.session()).authenticated).toBe(true)
    for (const wrong of [null, other]) {
      owner.route = holding(wrong)
      expect(await doorsOf(owner, owner.cookie('csrf') ?? '')).toEqual(shut)
    }
    owner.route = holding(der)
    expect((await owner.session()).authenticated).toBe(true)
    await owner.fetch('/bff/api/echo/x')
    expect(bench.api.calls[0]?.headers).not.toHaveProperty('x-our-cert')
  })

  it('is not bound where the login had none', async () => {
    const bench = await wired(options)
    const owner = bench.at(holding(null))
    await owner.login()
    owner.route = holding(der)
    expect((await owner.session()).authenticated).toBe(true)
  })

  it.each([
    ['a header that names none', ':bm8gY2VydGlmaWNhdGU=:', true],
    ['a chain of them', `${field(der)}, ${field(der)}`, true],
    ['no header', '', false],
    ['a header that is read', field(der), false],
  ])('is bound by a login with %s, or that it is not is in the log', async (_, header, isWarned) => {
    const bench = await wired(options)
    const owner = bench.at(from('203.0.113.7', header === '' ? {} : { 'x-our-cert': header }))
    await owner.login()
    const warned = bench.log.filter(({ event }) => event === 'client_certificate_unreadable')
    expect(warned).toHaveLength(isWarned ? 1 : 0)
    if (!isWarned) return
    expect(warned[0]).toMatchObject({ level: 'warn', request: expect.any(String) })
    expect(JSON.stringify(warned)).not.toContain(header)
    await owner.fetch('/bff/api/echo/x')
    expect(bench.log.filter(({ event }) => event === 'client_certificate_unreadable')).toHaveLength(1)
  })

  it('takes it from a trusted proxy alone', async () => {
    const { bff, browser } = await startOddBench({}, { bff: (base) => ({ ...base, ...options }) })
    let [peer, certificate] = ['127.0.0.1', field(der)]
    browser.agent.handle(ORIGIN, (given) => {
      const sent = new Request(given)
      sent.headers.set('x-our-cert', certificate)
      return bff.fetch(sent, { clientAddress: peer })
    })
    await browser.login()
    expect((await browser.session()).authenticated).toBe(true)
    peer = '127.0.0.2'
    expect((await browser.session()).authenticated).toBe(false)
    ;[peer, certificate] = ['127.0.0.1', '']
    expect((await browser.session()).authenticated).toBe(false)
  })

  it('gives no ID token away by a logout, but ends', async () => {
    const bench = await wired(options)
    const owner = bench.at(holding(der))
    await owner.login()
    owner.route = holding(null)
    const answer = await owner.post('/bff/logout')
    const { end_session_url: url } = (await answer.json()) as { end_session_url: string | null }
    expect(url).not.toContain('id_token_hint')
    owner.route = holding(der)
    expect((await owner.session()).authenticated).toBe(false)
  })
})
