/** Answers of the IDP, each no longer than any of them is: they are held as a whole, and a short one that is compressed may be long without end. */
import type { Edges } from '../edges.js'

/** The longest answer that is read, bytes, decompressed: metadata, keys, tokens and lists of sessions have a few KB. */
export const LONGEST_ANSWER = 4 * 1024 * 1024

/** The code of an answer that is longer, for logs. */
const TOO_LONG = 'ANSWER_TOO_LONG'

/** The same `fetch`; reading an answer that is too long fails, and its connection is closed. */
export function bounded(fetch: Edges['fetch'], longest: number = LONGEST_ANSWER): Edges['fetch'] {
  return async (input, init) => {
    const answer = await fetch(input, init)
    // No Response can be made with another status; who asked makes of it what there is.
    if (answer.body === null || answer.status > 599) return answer
    let length = 0
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        length += chunk.byteLength
        if (length <= longest) controller.enqueue(chunk)
        else
          controller.error(
            Object.assign(new Error(`The answer is longer than ${longest} bytes.`), { code: TOO_LONG }),
          )
      },
    })
    const { status, statusText, headers, url } = answer
    const limited = new Response(answer.body.pipeThrough(counted), { status, statusText, headers })
    // Where it is from: whoever made it by hand cannot say.
    return Object.defineProperty(limited, 'url', { value: url })
  }
}
