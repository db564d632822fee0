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
 * {@link Replaced}, unless whatever is there now is to be sent (`anyhow`), or with an error of `send`, which has a status.
 */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, status }: Found,
  anyhow = false,
): Promise<void> {
  // That is said to caches on the way; what is unchanged here is so, whoever asks (RFC 9111 §5.2.1.4).
  delete request.headers['cache-control']
  return new Promise((resolve, reject) => {
    // It decodes what it is given.
    const stream = send(request, encodeURI(path), {
      cacheControl: false,
      dotfiles: 'allow',
      index: false,
      lastModified: false,
    })
    response.once('close', resolve)
    stream.on('error', reject)
    stream.on('directory', () => reject(new Error('The file has become a folder.')))
    stream.on('stream', (file: ReadStream) => {
      file.once('open', (descriptor) => {
        if (anyhow || identityOf(fstatSync(descriptor)) === identityOf(status)) return
        file.destroy()
        reject(new Replaced('The file was replaced while it was looked at.'))
      })
      file.once('end', () => {
        // Cut short while it was read: whoever waits for the rest is told that there is none.
        if (file.bytesRead < Number(response.getHeader('Content-Length'))) response.destroy()
      })
    })
    stream.pipe(response)
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
