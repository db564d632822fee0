/** One answer for all who ask the same before it is asked for. */

/**
 * The same as `ask`, which is called once for everybody who wants to know about a key in one turn of the event loop: after the last of them has asked, so
 * that nobody gets an answer that is older than their question.
 */
export function together<Answer>(ask: (key: string) => Promise<Answer>): (key: string) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>()
  const send = (key: string): Promise<Answer> => {
    asked.delete(key)
    return ask(key)
  }
  return (key) => {
    const same = asked.get(key)
    if (same !== undefined) return same
    const answer = new Promise<void>((resolve) => void setImmediate(resolve)).then(() => send(key))
    asked.set(key, answer)
    return answer
  }
}
