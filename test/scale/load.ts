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

/** An order, which nothing on the way may send twice. */
export const order = ({ call, csrf }: User): Promise<Response> =>
  call('/bff/api/api/orders', {
    method: 'POST',
    headers: { 'X-CSRF-Token': csrf, 'Content-Type': 'application/json' },
    body: '{"item":"Bell, brass","quantity":1}',
  })

/** Lets every user call, one call after the other, `pause` ms (default 5) after each answer. `ask`: what is called for, default a list of orders. */
export function startLoad(
  users: readonly User[],
  {
    ask = ({ call }: User) => call(),
    pause = 5,
  }: { ask?: (user: User) => Promise<Response>; pause?: number } = {},
): Load {
  const outcomes: Outcome[] = []
  let stopped = false
  const calling = users.map(async (user) => {
    while (!stopped) {
      const outcome = await ask(user).then(outcomeOf, () => ({ status: 'cut' }) as const)
      outcomes.push(outcome)
      await new Promise((resolve) => setTimeout(resolve, isGood(outcome) ? pause : 50))
    }
  })
  const count = (good: boolean): number => outcomes.filter((outcome) => isGood(outcome) === good).length
  const reached = async (good: boolean, calls: number): Promise<void> => {
    const target = count(good) + calls
    for (const until = Date.now() + 30_000; count(good) < target;) {
      if (Date.now() > until) throw new Error(`after 30 s: ${JSON.stringify(outcomes.slice(-10))}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    outcomes,
    failed: () => outcomes.filter((outcome) => !isGood(outcome)),
    served: (calls) => reached(true, calls),
    refused: (calls) => reached(false, calls),
    async stop() {
      stopped = true
      await Promise.all(calling)
    },
  }
}

const isGood = ({ status }: Outcome): boolean => status === 200 || status === 201

async function outcomeOf(answer: Response): Promise<Outcome> {
  const { status } = answer
  const text = await answer.text()
  if (isGood({ status }) || !answer.headers.get('content-type')?.includes('json')) return { status }
  return { status, code: String((JSON.parse(text) as { code?: unknown }).code) }
}

/** Signs so many users in, one after the other. */
export async function signIn(fleet: Fleet, names: readonly string[]): Promise<User[]> {
  const users: User[] = []
  for (const name of names) users.push(await fleet.signIn(name))
  return users
}
