/** A real API that takes access tokens bound to a key, and verifies everything RFC 9449 §4.3 and §7 ask of it. */
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, createRemoteJWKSet, EmbeddedJWK, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { onTestFinished } from 'vitest'

/** What the API made of a request. */
export interface DpopCall {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly status: number
  /** Why it was refused; `null` where it was not. */
  readonly refused: string | null
  /** Thumbprint of the key that was proven. */
  readonly jkt?: string
  readonly proof?: JWTPayload
  readonly body: string
}

export interface DpopApi {
  readonly url: string
  readonly calls: DpopCall[]
  /** The nonce proofs must have; `null`: none. */
  nonce: string | null
  /** A new nonce with every answer. */
  rotates: boolean
  /** Refuses a proof for want of its nonce before the body was read. */
  isHasty: boolean
  /** How many bytes of bodies arrived. */
  received: number
  /** Takes the tokens of this provider. */
  trust(idp: { readonly issuer: string; readonly origin: string }): void
}

class Refusal extends Error {
  readonly error: string

  constructor(error: string, message: string) {
    super(message)
    this.error = error
  }
}

/** Starts the API, for tokens of `audience`. */
export async function startDpopApi(audience: string): Promise<DpopApi> {
  let issuer = ''
  let keys: ReturnType<typeof createRemoteJWKSet>
  const seen = new Set<unknown>()
  const api: DpopApi = {
    ...{ url: '', calls: [], nonce: null, rotates: false, isHasty: false, received: 0 },
    trust(idp) {
      issuer = idp.issuer
      keys = createRemoteJWKSet(new URL('/jwks', idp.origin))
    },
  }
  let origin = ''

  const verified = async ({ method = '', url = '', headers, rawHeaders }: IncomingMessage) => {
    const count = (name: string): number =>
      rawHeaders.filter((one, i) => i % 2 === 0 && one.toLowerCase() === name).length
    const token = /^DPoP ([\w.~+/-]+=*)$/.exec(headers.authorization ?? '')?.[1]
    if (count('authorization') !== 1 || token === undefined)
      throw new Refusal('invalid_token', 'not one token in the DPoP scheme')
    const proof = headers['dpop']
    if (count('dpop') !== 1 || typeof proof !== 'string')
      throw new Refusal('invalid_dpop_proof', 'not one proof')
    const { payload: access } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' })
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      maxTokenAge: 60,
      clockTolerance: 5,
    })
    const { jwk } = protectedHeader
    if (jwk === undefined || 'd' in jwk)
      throw new Refusal('invalid_dpop_proof', 'its key is not a public one')
    const jkt = await calculateJwkThumbprint(jwk)
    const { cnf } = access as { cnf?: { jkt?: string } }
    if (cnf?.jkt !== jkt) throw new Refusal('invalid_token', 'bound to another key')
    if (payload['htm'] !== method) throw new Refusal('invalid_dpop_proof', 'htm')
    if (payload['htu'] !== origin + url.split('?')[0]) throw new Refusal('invalid_dpop_proof', 'htu')
    if (payload['ath'] !== createHash('sha256').update(token).digest('base64url'))
      throw new Refusal('invalid_dpop_proof', 'ath')
    if ((payload.jti?.length ?? 0) < 16 || seen.has(payload.jti))
      throw new Refusal('invalid_dpop_proof', 'jti')
    if (api.nonce !== null && payload['nonce'] !== api.nonce) throw new Refusal('use_dpop_nonce', 'nonce')
    // Only what was accepted counts: a proof that was refused may not have been looked at.
    seen.add(payload.jti)
    return { jkt, proof: payload }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let outcome: { jkt?: string; proof?: JWTPayload; refused: string | null; error?: string }
    try {
      outcome = { ...(await verified(request)), refused: null }
    } catch (error) {
      const isOurs = error instanceof Refusal
      outcome = { refused: String(error), error: isOurs ? error.error : 'invalid_token' }
    }
    const { method = '', url = '', headers } = request
    const note = (status: number, body: string): void => {
      const { error: _, ...known } = outcome
      api.calls.push({ method, url, headers, status, body, ...known })
    }
    if (api.rotates) api.nonce = randomBytes(12).toString('base64url')
    if (api.nonce !== null) response.setHeader('DPoP-Nonce', api.nonce)
    response.setHeader('Content-Type', 'application/json')
    if (outcome.error !== undefined && api.isHasty) {
      note(401, '')
      response.setHeader('WWW-Authenticate', `DPoP error="${outcome.error}", algs="ES256"`)
      response.statusCode = 401
      response.end('{}')
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) {
      api.received += chunk.byteLength
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks).toString()
    if (outcome.error !== undefined) {
      response.setHeader('WWW-Authenticate', `Basic realm="x", DPoP error="${outcome.error}", algs="ES256"`)
      response.statusCode = 401
    }
    note(response.statusCode, body)
    response.end(JSON.stringify({ method, url, length: body.length, refused: outcome.refused }))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(api, { url: `${origin}/v1/` })
}
