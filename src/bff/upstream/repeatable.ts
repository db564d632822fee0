/** A request's body that may be needed twice: what was read of it is kept, up to a limit, until its first try has an answer. */

/** How much of a body is kept at most, bytes. A longer one can be sent once. */
export const MOST_KEPT: number = 1024 * 1024

/** A body, read for one try or two. */
export interface RepeatableBody {
  /** The body from its beginning. Whoever read it before reads no further. */
  read(): AsyncIterable<Uint8Array>
  /** Whether it can be read from its beginning (once more). */
  readonly isWhole: boolean
  /** Nothing of it will be needed again: no more is kept. */
  settle(): void
  /** Nobody reads it any more. */
  close(): void
}

/** Makes a body repeatable. Reads no sooner than it is read, so that its sender feels how fast the upstream takes it. */
export function repeatable(source: AsyncIterable<Uint8Array>): RepeatableBody {
  const iterator = source[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let length = 0
  let isWhole = true
  let readers = 0
  let reading: Promise<IteratorResult<Uint8Array>> | undefined

  // What a try was waiting for when it was given up belongs to the next one: there is one read at a time, and all wait for it.
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    (reading ??= (async () => {
      try {
        const result = await iterator.next()
        if (result.done !== true && isWhole) {
          parts.push(result.value)
          length += result.value.byteLength
          if (length > MOST_KEPT) isWhole = false
        }
        return result
      } catch (error) {
        isWhole = false
        throw error
      } finally {
        reading = undefined
      }
    })())

  async function* read(): AsyncGenerator<Uint8Array> {
    const self = ++readers
    for (let at = 0; self === readers;) {
      const part = parts[at]
      if (part !== undefined) {
        at++
        yield part
        continue
      }
      if (!isWhole) parts.length = at = 0
      const result = await next()
      if (self !== readers || result.done === true) return
      if (parts[at] === undefined) yield result.value
    }
  }

  return {
    read,
    get isWhole() {
      return isWhole
    },
    settle: () => void (isWhole = false),
    close() {
      isWhole = false
      readers++
      void Promise.resolve(iterator.return?.()).catch(() => {})
    },
  }
}
