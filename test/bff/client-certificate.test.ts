import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { thumbprintIn } from '../../src/bff/client-certificate.js'
import { certificatePem } from './wired.js'

const pem = certificatePem()
const certificate = new X509Certificate(pem)
const der = certificate.raw.toString('base64')
const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')

describe('the thumbprint of a certificate', () => {
  it.each([
    ['RFC 9440', `:${der}:`],
    ['PEM with blanks for line breaks (Apache)', pem.trim().replaceAll('\n', ' ')],
    ['PEM with tabs after its line breaks (nginx)', pem.trim().replaceAll('\n', '\n\t')],
    ['percent-encoded PEM (nginx, AWS)', encodeURIComponent(pem)],
    ['percent-encoded PEM that leaves some as they are (AWS)', encodeURI(pem)],
    ['DER in base64', der],
  ])('%s', async (_, header) => expect(await thumbprintIn(header)).toBe(thumbprint))

  it('that the proxy worked out stands for itself', async () => {
    const hex = certificate.fingerprint256
    expect(await thumbprintIn(hex)).toBe(hex.replaceAll(':', '').toLowerCase())
    expect(await thumbprintIn(hex.replaceAll(':', '').toLowerCase())).toBe(await thumbprintIn(hex))
    expect(await thumbprintIn(certificate.fingerprint)).toHaveLength(40)
  })

  it.each([
    ['no header', null],
    ['nothing', ''],
    ['(null)', '(null)'],
    ['NONE', 'NONE'],
    ['two of them', `:${der}:, :${der}:`],
    ['half of it', `:${der.slice(0, 200)}:`],
    ['more than it', `${der}AAAA`],
    ['another PEM', pem.replaceAll('CERTIFICATE', 'PUBLIC KEY')],
    ['a chain', pem + pem],
    ['broken percent-encoding', '-----BEGIN%20CERTIFICATE-----%'],
    ['something else in base64', Buffer.alloc(300, 7).toString('base64')],
  ])('is none in %s', async (_, header) => expect(await thumbprintIn(header)).toBe(null))
})
