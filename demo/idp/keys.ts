import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'oidc-provider'

/** What must stay the same over a restart: the signing keys and the keys of the provider's cookies. */
export interface IdpKeys {
  jwks: { keys: JWK[] }
  cookieKeys: string[]
}

/** New keys: one for RS256, one for cookies. */
export const createKeys = async (): Promise<IdpKeys> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk: JWK = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }
  return { jwks: { keys: [jwk] }, cookieKeys: [randomBytes(32).toString('base64url')] }
}

const isKeys = (value: unknown): value is IdpKeys => {
  if (typeof value !== 'object' || value === null) return false
  const { jwks, cookieKeys } = value as Partial<IdpKeys>
  return Array.isArray(jwks?.keys) && jwks.keys.length > 0 && Array.isArray(cookieKeys)
}

const read = async (path: string): Promise<IdpKeys | null> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const value: unknown = JSON.parse(text)
  if (!isKeys(value)) throw new Error(`${path} holds no provider keys: remove it, and new ones are made`)
  return value
}

/**
 * The keys in `path`, made there (mode 0600) when the file is absent; without a path, new ones in memory.
 * A file that is not ours is refused, never overwritten.
 */
export const loadKeys = async (path?: string): Promise<IdpKeys> => {
  if (path === undefined) return createKeys()
  const stored = await read(path)
  if (stored) return stored
  const keys = await createKeys()
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.tmp`
  await writeFile(draft, JSON.stringify(keys, null, 2), { mode: 0o600 })
  await rename(draft, path)
  return keys
}
