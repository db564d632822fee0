/** Questions that come together are asked together, and the same ones once. */

/**
 * The answer to a key by `ask`, which is called with all keys that somebody wants to know about in one turn of the event loop: after the last of them has asked,
 * so that nobody gets an answer that is older than their question. It gives the answers in the order of the keys.
 */
export function together<Answer>(
  ask: (keys: readonly string[]) => readonly Promise<Answer>[],
): (key: string) => Promise<Answer> {
  let asked = new Map<string, Waiting<Answer>>()
  const send = (): void => {
    const waiting = [...asked]
    asked = new Map()
    try {
      const answers = ask(waiting.map(([key]) => key))
      for (const [i, [, { resolve }]] of waiting.entries()) resolve(answers[i] as Promise<Answer>)
    } catch (error) {
      for (const [, { reject }] of waiting) reject(error)
    }
  }
  return (key) => {
    const same = asked.get(key)
    if (same !== undefined) return same.promise
    if (asked.size === 0) setImmediate(send)
    const waiting = withResolvers<Answer>()
    asked.set(key, waiting)
    return waiting.promise
  }
}

interface Waiting<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value | Promise<Value>) => void
  readonly reject: (reason: unknown) => void
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<Value>(): Waiting<Value> {
  let [resolve, reject]: [Waiting<Value>['resolve'], Waiting<Value>['reject']] = [() => {}, () => {}]
  const promise = new Promise<Value>((one, other) => ([resolve, reject] = [one, other]))
  return { promise, resolve, reject }
}
