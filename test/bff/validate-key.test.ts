import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { validateConfiguration } from '../../src/bff/configuration.js'
import { validateOptions } from '../../src/bff/validate.js'
import { clientKeys } from '../support/client-keys.js'

const { jwk, pem, privateKey, publicJwk } = clientKeys('P-256', 'one')
const rsa = clientKeys('RSA')

const given = (key: unknown) => ({
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', privateKey: key },
  secrets: ['test-secret-of-32-characters-0123'],
})
const keyOf = (key: unknown) => validateOptions(given(key)).idp.privateKey

/** What is said of a key; never anything of the key. */
function refused(key: unknown): string {
  try {
    keyOf(key)
  } catch (error) {
    const { message } = error as Error
    for (const secret of [jwk.d, rsa.jwk.d, pem.split('\n')[1]])
      if (secret !== undefined && message.includes(secret)) throw new Error('the key is in the message')
    return message
  }
  return 'it passed'
}

describe('what is wrong with a key and with what is said of it', () => {
  it('is told at once', () => {
    const message = refused({ pem: '-----BEGIN CERTIFICATE-----', kid: 5, odd: 1 })
    expect(message.split('\n').map((line) => line.split(': ', 1)[0])).toEqual([
      ...['idp.privateKey.odd', 'idp.privateKey.kid', 'idp.privateKey'],
    ])
    expect(refused({ kid: '' }).split('\n')).toHaveLength(1)
    expect(refused({ pem, kid: 5 })).toMatch(/^idp\.privateKey\.kid: is 5[^\n]*$/)
  })
})

describe('a private key', () => {
  const { kid, ...unnamed } = jwk

  it.each([
    ['a JWK', jwk, jwk],
    ['a JWK with members nobody knows', { ...jwk, iat: 1, x5t: 'abc', ext: true, key_ops: ['sign'] }, jwk],
    ['a JWK in a text', JSON.stringify(jwk), jwk],
    ['PEM', pem, unnamed],
    ['PEM in one line, as environments have it', pem.replaceAll('\n', '\\n'), unnamed],
    ['PEM of SEC 1', privateKey.export({ format: 'pem', type: 'sec1' }), unnamed],
    ['PEM with a name', { pem, kid: 'one', alg: 'ES256' }, { ...jwk, alg: 'ES256' }],
    ['an RSA key', rsa.jwk, rsa.jwk],
    ['PEM of PKCS #1', rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }), rsa.jwk],
  ])('may be %s', (_, key, expected) => {
    expect(keyOf(key)).toEqual(expected)
  })

  it.each(['P-384', 'P-521', 'Ed25519'] as const)('may be of the kind %s', (kind) => {
    const keys = clientKeys(kind)
    expect(keyOf(keys.pem)).toEqual(keys.jwk)
  })

  it.each([
    ['a number', 5, /neither a text nor an object/],
    ['a path', './key.pem', /neither a JWK nor PEM/],
    ['broken JSON', '{"kty":', /no JSON/],
    ['a set of keys', { keys: [jwk] }, /a set of keys: give one/],
    ['a public JWK', publicJwk, /public key.*\(d\)/],
    ['public PEM', '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----', /is a public key/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----', /is a certificate/],
    [
      'encrypted PEM',
      privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'test' }),
      /encrypted: decrypt it by openssl pkey/,
    ],
    ['PEM that is cut', pem.replace(/\n.{30}/, '\n'), /cannot be read/],
    ['a key of a file of SSH', '-----BEGIN OPENSSH PRIVATE KEY-----\nx', /ssh-keygen/],
    ['a secret', { kty: 'oct', k: 'abc' }, /symmetric/],
    ['another type', { kty: 'AKP', d: 'x' }, /key type \(kty\) "AKP"/],
    [
      'another curve',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ format: 'jwk' }),
      /secp256k1/,
    ],
    ['another use', { ...jwk, use: 'enc' }, /another use/],
    ['another operation', { ...jwk, key_ops: ['verify'] }, /not for signing/],
    ['an algorithm of another type', { ...jwk, alg: 'RS256' }, /alg "RS256", and can be used with ES256/],
    ['a kid that is a number', { ...jwk, kid: 5 }, /kid that is not a text/],
    ['an RSA key without its primes', { ...rsa.jwk, p: undefined, q: undefined }, /incomplete: p, q/],
    [
      'an RSA key that is too short',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' }),
      /1024 bits, and 2048/,
    ],
    ['parts of two keys', { ...jwk, d: clientKeys().jwk.d }, /do not belong together/],
    ['parts of two RSA keys', { ...rsa.jwk, n: clientKeys('RSA').jwk.n }, /do not belong together/],
  ])('may not be %s', (_, key, says) => {
    const message = refused(key)
    expect(message).toMatch(/^idp\.privateKey: /)
    expect(message).toMatch(says)
    expect(message).toContain('Give the private key whose public part is registered')
  })

  it('is read from the environment, as a whole or by its members', () => {
    const env = { KEY: pem.replaceAll('\n', '\\n'), PART: jwk.d, CLIENT_KID: 'one' }
    const read = (key: unknown) => validateConfiguration(given(key), env).idp.privateKey
    expect(read('env:KEY')).toEqual(unnamed)
    expect(read({ ...jwk, d: 'env:PART' })).toEqual(jwk)
    expect(read({ pem: 'env:KEY', kid: 'env:CLIENT_KID' })).toEqual({ ...unnamed, kid })
    expect(() => read('env:NONE')).toThrow(/^idp\.privateKey: the environment variable NONE is not set/)
    expect(() => read({ ...jwk, d: 'env:NONE' })).toThrow(/^idp\.privateKey\.d: .*NONE is not set/)
    // What comes of it passes again: the command checks the file, and then what it makes of it.
    expect(keyOf(read('env:KEY'))).toEqual(unnamed)
  })

  describe('where the runtime has no crypto that reads keys at once', () => {
    afterEach(() => void vi.restoreAllMocks())

    it('must be a JWK', () => {
      vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
      expect(keyOf(jwk)).toEqual(jwk)
      expect(refused(pem)).toMatch(/PEM, which this runtime does not read: give a JWK/)
    })
  })
})
