/** Users who call without pause. */
import type { Fleet, User } from './fleet.js'

/** What became of a call: its status and problem code, or that the connection broke. */
export interface Outcome {
  readonly status: number | 'cut'
  readonly code?: string
}

/** Calls that go on until they are stopped. */
export interface Load {
  readonly outcomes: Outcome[]
  /** Those that were not answered as they should. */
  failed(): Outcome[]
  /** Waits until so many more calls were answered well. */
  served(calls: number): Promise<void>
  /** Waits until so many more calls were refused. */
  refused(calls: number): Promise<void>
  /** Stops, and waits for the calls on their way. */
  stop(): Promise<void>
}

/** Lets every user call, one call after the other. */
export function startLoad(users: readonly User[]): Load {
  const outcomes: Outcome[] = []
  let stopped = false
  const calling = users.map(async ({ call }) => {
    while (!stopped) {
      const outcome = await call().then(outcomeOf, () => ({ status: 'cut' }) as const)
      outcomes.push(outcome)
      await new Promise((resolve) => setTimeout(resolve, outcome.status === 200 ? 5 : 50))
    }
  })
  const count = (good: boolean): number => outcomes.filter(({ status }) => (status === 200) === good).length
  const reached = async (good: boolean, calls: number): Promise<void> => {
    const target = count(good) + calls
    for (const until = Date.now() + 30_000; count(good) < target;) {
      if (Date.now() > until) throw new Error(`after 30 s: ${JSON.stringify(outcomes.slice(-10))}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    outcomes,
    failed: () => outcomes.filter(({ status }) => status !== 200),
    served: (calls) => reached(true, calls),
    refused: (calls) => reached(false, calls),
    async stop() {
      stopped = true
      await Promise.all(calling)
    },
  }
}

async function outcomeOf(answer: Response): Promise<Outcome> {
  const { status } = answer
  const text = await answer.text()
  if (status === 200 || !answer.headers.get('content-type')?.includes('json')) return { status }
  return { status, code: String((JSON.parse(text) as { code?: unknown }).code) }
}

/** Signs so many users in, one after the other. */
export async function signIn(fleet: Fleet, names: readonly string[]): Promise<User[]> {
  const users: User[] = []
  for (const name of names) users.push(await fleet.signIn(name))
  return users
}
