/** How many answers are kept at most. Names of headers are few; nobody can make them many here. */
const MOST = 500

/** The same function, which remembers what it said about a name: the headers of calls have the same names again and again. */
export function remembered<Answer>(say: (name: string) => Answer): (name: string) => Answer {
  const known = new Map<string, Answer>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const answer = say(name)
    if (known.size < MOST && name.length < 100) known.set(name, answer)
    return answer
  }
}
