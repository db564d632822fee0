/** Answers with a file: as it is, or, where it is a page with places for a nonce, with a fresh one in each. */
import { randomBytes } from 'node:crypto'
import { fstatSync } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import send from 'send'
import type { Found } from './find.js'
import { identityOf } from './read-once.js'

/** Another file is there now than the one that was looked at: what the answer says of that is not so of this. Nothing is sent yet. */
export class Replaced extends Error {
  override readonly name = 'Replaced'
}

/**
 * Sends the file, or the part of it that is asked for (RFC 9110 §14), or a 304. The answer has its headers; its `ETag` decides. Rejects with
 * {@link Replaced}, unless whatever is there now is to be sent (`anyhow`: then it must have no tag), or with an error of `send`, which has a status.
 * Then it listens to the answer no more.
 */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, status }: Found,
  anyhow = false,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = sending(request, path)
    const fail = (error: Error): void => {
      response.off('close', resolve)
      reject(error)
    }
    response.once('close', resolve)
    stream.on('error', fail)
    stream.on('directory', () => fail(new Error('The file has become a folder.')))
    stream.on('stream', (file: ReadStream) => {
      file.once('open', (descriptor) => {
        if (anyhow || identityOf(fstatSync(descriptor)) === identityOf(status)) return
        // Else each try leaves what it listens to.
        file.unpipe(response)
        file.destroy()
        fail(new Replaced('The file was replaced while it was looked at.'))
      })
      file.once('end', () => {
        // Cut short while it was read: whoever waits for the rest is told that there is none.
        if (file.bytesRead < Number(response.getHeader('Content-Length'))) response.destroy()
      })
    })
    stream.pipe(response)
  })
}

/** The same with what was read of the file before, so that the headers and what is sent are of one file, whatever is there by now. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  { path, status }: Found,
  bytes: Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = sending(request, path)
    // It reads nothing itself: neither how long it is, nor what is in it.
    stream.sendFile = () => stream.send(path, Object.assign(status, { size: bytes.length }))
    stream.stream = (_path, { start = 0, end = 0 }: { start?: number; end?: number } = {}) =>
      response.end(bytes.subarray(start, end + 1))
    const end = (): void => resolve()
    response.once('close', end)
    stream.on('error', (error: Error) => {
      response.off('close', end)
      reject(error)
    })
    stream.pipe(response)
  })
}

function sending(request: IncomingMessage, path: string): send.SendStream {
  // That is said to caches on the way; what is unchanged here is so, whoever asks (RFC 9111 §5.2.1.4).
  delete request.headers['cache-control']
  // It decodes what it is given.
  return send(request, encodeURI(path), {
    cacheControl: false,
    dotfiles: 'allow',
    etag: false,
    index: false,
    lastModified: false,
  })
}

/**
 * Sends the page with `nonce` wherever it has the placeholder. It is another one each time: it has no validator, so that no cache puts an old body
 * together with a new policy, and nobody but the browser that asked may keep it.
 */
export async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  page: { readonly found: Found; readonly placeholder: string; readonly nonce: string },
): Promise<void> {
  const text = await readFile(page.found.path, 'utf8')
  const body = Buffer.from(text.replaceAll(page.placeholder, () => page.nonce))
  response.setHeader('Content-Length', body.length)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A nonce of 128 random bits (CSP Level 3 §7.1). */
export const freshNonce = (): string => randomBytes(16).toString('base64url')
