/**
 * The proxy's transport on Node: undici's dispatcher, straight from socket to socket. Streams both ways with
 * back-pressure, follows no redirect, decompresses nothing, and lets go of the upstream when the client goes.
 */
import type { Readable } from 'node:stream'
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import type { ResolvedUpstream } from './call.js'
import { coded, hasBroken, STATUS_NOT_PROXIED, UpstreamFault } from './fault.js'
import { lookupWithin } from './lookup.js'
import type { UpstreamRequest } from './prepare.js'

/** How an answer's flow is steered. */
export interface Flow {
  pause(): void
  resume(): void
  /** Ends the exchange; the upstream's connection is closed. */
  abort(): void
}

/** Who takes an answer: the parts of it in order, or `fail` at any point, once. */
export interface AnswerSink {
  /** `headers` are those for the browser, names and values in turn. */
  head(status: number, headers: string[]): void
  data(chunk: Buffer): void
  end(): void
  fail(fault: UpstreamFault): void
}

// One pool of connections an upstream. Upstreams belong to one BFF each, and the pool to the upstream.
const pools = new WeakMap<ResolvedUpstream, Pool>()

function poolOf(upstream: ResolvedUpstream): Pool {
  let pool = pools.get(upstream)
  if (pool === undefined) {
    const timeout = upstream.timeout * 1000
    pool = new Pool(upstream.url.origin, {
      connect: { timeout: Math.min(timeout, 10_000), lookup: lookupWithin(upstream.networks) },
      headersTimeout: timeout,
      bodyTimeout: timeout,
    })
    pools.set(upstream, pool)
  }
  return pool
}

/** Closes the connections to `upstreams`, without waiting for calls on the wire. A later call opens new ones. */
export async function closeConnections(upstreams: Iterable<ResolvedUpstream>): Promise<void> {
  const closed: Promise<void>[] = []
  for (const upstream of upstreams) {
    const pool = pools.get(upstream)
    pools.delete(upstream)
    if (pool !== undefined) closed.push(pool.destroy())
  }
  await Promise.all(closed)
}

/** A request's body: pieces as they come, or all of it. Its stream is never destroyed from here: it is the client's socket. */
export type OutgoingBody = AsyncIterable<Uint8Array> | Uint8Array

/**
 * Sends the request and hands its answer to `sink`. A call without a body that only reads is sent once more where its
 * connection broke before any answer: an idle connection may be closed by the upstream in the moment it is used again.
 */
export function exchange(request: UpstreamRequest, body: OutgoingBody | null, sink: AnswerSink): Flow {
  let controller: Dispatcher.DispatchController | undefined
  let aborted = false
  let answered = false
  let attempts = 0

  const send = (): void => {
    attempts++
    poolOf(request.upstream).dispatch(
      {
        path: request.target,
        method: request.method,
        headers: request.headers,
        // Iterables are taken as bodies, which the declaration of undici leaves out.
        body: body as Readable | Uint8Array | null,
      },
      {
        onRequestStart(started) {
          controller = started
          if (aborted) started.abort(new UpstreamFault('aborted'))
        },
        onResponseStart(started, status, headers) {
          if (status < 200) return
          // 407 is between a client and its proxy: an upstream that says it would make the browser ask for a password.
          if (status > 599 || status === 407)
            return started.abort(new UpstreamFault('upstream_failed', { cause: coded(STATUS_NOT_PROXIED) }))
          answered = true
          sink.head(status, request.answered(status, headers))
        },
        onResponseData(_, chunk) {
          sink.data(chunk)
        },
        onResponseEnd() {
          sink.end()
        },
        onResponseError(_, error) {
          const safe = (request.method === 'GET' || request.method === 'HEAD') && body === null
          if (safe && !aborted && !answered && attempts === 1 && request.once !== true && hasBroken(error))
            send()
          else sink.fail(faultOf(error, aborted))
        },
      },
    )
  }
  send()

  return {
    pause: () => controller?.pause(),
    resume: () => controller?.resume(),
    abort() {
      aborted = true
      controller?.abort(new UpstreamFault('aborted'))
    },
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

function faultOf(error: Error, aborted: boolean): UpstreamFault {
  if (aborted) return new UpstreamFault('aborted', { cause: error })
  if (error instanceof UpstreamFault) return error
  switch (codeOf(error)) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return new UpstreamFault('upstream_timeout', { cause: error })
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return new UpstreamFault('invalid_request', { cause: error })
    default:
      return new UpstreamFault('upstream_failed', { cause: error })
  }
}
