/** The check of `idp.privateKey`: a JWK, or text that holds a JWK or PEM. Given back as a JWK. Nothing of a key is ever in a message. */
import { algorithmsOf } from './idp/client-key.js'
import type { PrivateKeyJwk } from './idp/options.js'
import { fault, findingsOf, leaf, object, optional, record, settled, shown } from './validate-checks.js'
import type { Check } from './validate-checks.js'
import { secret, text } from './validate-values.js'

const FIX =
  'Give the private key whose public part is registered at the IDP: a JWK, or PEM ("-----BEGIN PRIVATE KEY-----", made by: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256).'

type Refuse = (wrong: string) => never
type Jwk = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const ofText: Check<PrivateKeyJwk> = leaf(FIX, (value, refuse) => {
  if (typeof value !== 'string') return refuse('is neither a text nor an object')
  if (value.includes('-----BEGIN')) return ofPem(value, {}, refuse)
  if (!value.trimStart().startsWith('{')) return refuse('is neither a JWK nor PEM')
  let jwk: unknown
  try {
    jwk = JSON.parse(value)
  } catch {
    // Its message quotes what is around the fault.
  }
  return isObject(jwk) ? ofJwk(jwk, refuse) : refuse('is no JSON')
})

const pemKey = object({
  pem: secret(FIX),
  kid: optional(text('Write the name the IDP knows the key by.')),
  alg: optional(text('Write how it signs, e.g. "ES256".')),
})

/** Members of a JWK, with the environment read in; those nobody knows are passed over (RFC 7517 §4). */
const members = record(
  () => {},
  (value, path, env) => (typeof value === 'string' ? secret(FIX)(value, path, env) : value),
)

/** The check. */
export const privateKey: Check<PrivateKeyJwk> = (value, path, env) => {
  if (!isObject(value)) return ofText(value, path, env)
  const refuse = (wrong: string): never => fault(path, `${wrong}. ${FIX}`)
  if (value['pem'] === undefined) return ofJwk(members(value, path, env), refuse)
  const { faults, right } = findingsOf(pemKey, value, path, env)
  if (right?.pem === undefined) return settled<PrivateKeyJwk>({ faults, right: undefined })
  const { pem, ...named } = right
  const key = findingsOf(() => ofPem(pem, named, refuse), pem, path, env)
  return settled({ faults: [...faults, ...key.faults], right: key.right })
}

type Name = keyof PrivateKeyJwk
const parts: Readonly<Record<string, readonly Name[]>> = {
  RSA: ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'],
  EC: ['crv', 'x', 'y', 'd'],
  OKP: ['crv', 'x', 'd'],
}
/** RFC 7518 §3.3, bits. */
const LEAST = 2048

function ofJwk(jwk: Jwk, refuse: Refuse): PrivateKeyJwk {
  const { kty, use, key_ops: operations, kid, alg } = jwk
  if (Array.isArray(jwk['keys'])) return refuse('is a set of keys: give one of them')
  if (kty === 'oct') return refuse('is a symmetric key')
  const names = typeof kty === 'string' ? parts[kty] : undefined
  if (typeof kty !== 'string' || names === undefined) return refuse(`has the key type (kty) ${shown(kty)}`)
  if (jwk['d'] === undefined) return refuse('is a public key: its private part (d) is not there')
  const wrong = names.filter((name) => typeof jwk[name] !== 'string' || !/^[\w-]+$/.test(String(jwk[name])))
  if (wrong.length > 0) return refuse(`is incomplete: ${wrong.join(', ')} must be base64url`)
  const key: PrivateKeyJwk = Object.fromEntries([
    ['kty', kty],
    ...names.map((name) => [name, jwk[name]]),
    ...['kid', 'alg'].flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])),
  ])
  const algorithms = algorithmsOf(key)
  if (algorithms.length === 0)
    return refuse(`is on the curve ${shown(key.crv)}, which nothing is signed with here`)
  if (alg !== undefined && !algorithms.some((one) => one === alg))
    return refuse(`has alg ${shown(alg)}, and can be used with ${algorithms.join(', ')}`)
  if (kid !== undefined && typeof kid !== 'string') return refuse('has a kid that is not a text')
  if (use !== undefined && use !== 'sig') return refuse(`is for another use (${shown(use)})`)
  if (Array.isArray(operations) && !operations.includes('sign')) return refuse('is not for signing (key_ops)')
  const bits = Math.floor(((key.n?.length ?? 0) * 6) / 8) * 8
  if (kty === 'RSA' && bits < LEAST) return refuse(`has ${bits} bits, and ${LEAST} are needed`)
  return isWhole(key) ? key : refuse('is broken: its parts do not belong together')
}

/** Whether a signature of the private part is one of the public part. Where the runtime cannot tell at once, the first signature shows it. */
function isWhole(key: PrivateKeyJwk): boolean {
  const crypto = nodeCrypto()
  if (crypto === undefined) return true
  const { d, p, q, dp, dq, qi, key_ops: _operations, ...open } = key
  const { kty = '' } = key
  const digest = kty === 'OKP' ? null : 'sha256'
  const data = new TextEncoder().encode('signed')
  try {
    const secrets = Object.entries({ d, p, q, dp, dq, qi }).filter(([, part]) => part !== undefined)
    const jwk = { ...open, kty, ...Object.fromEntries(secrets) }
    const own = crypto.createPrivateKey({ key: jwk, format: 'jwk' })
    const known = crypto.createPublicKey({ key: { ...open, kty }, format: 'jwk' })
    return crypto.verify(digest, data, known, crypto.sign(digest, data, own))
  } catch {
    return false
  }
}

const labels: readonly (readonly [RegExp, string])[] = [
  [/BEGIN (?:RSA |EC )?PUBLIC KEY/, 'is a public key'],
  [/BEGIN CERTIFICATE/, 'is a certificate'],
  [/ENCRYPTED/, 'is encrypted: decrypt it by openssl pkey -in key.pem'],
  [/BEGIN OPENSSH/, 'is in a format of OpenSSH: convert it by ssh-keygen -p -m PKCS8 -f FILE'],
]

function ofPem(given: string, named: Jwk, refuse: Refuse): PrivateKeyJwk {
  // As environments hold it that take one line.
  const pem = given.replaceAll('\\n', '\n')
  if (!/BEGIN (?:RSA |EC )?PRIVATE KEY/.test(pem) || /ENCRYPTED/.test(pem))
    return refuse(labels.find(([label]) => label.test(pem))?.[1] ?? 'is PEM of something else')
  const crypto = nodeCrypto()
  if (crypto === undefined) return refuse('is PEM, which this runtime does not read: give a JWK')
  let jwk: Jwk
  try {
    jwk = crypto.createPrivateKey(pem).export({ format: 'jwk' })
  } catch {
    return refuse('is PEM that cannot be read, or of a kind that nothing is signed with here')
  }
  return ofJwk({ ...jwk, ...named }, refuse)
}

/** Node's, and of runtimes that have it: it reads a key at once. */
const nodeCrypto = (): typeof import('node:crypto') | undefined =>
  globalThis.process?.getBuiltinModule?.('node:crypto')
