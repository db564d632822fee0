/** What a page asks for with its session; and what it must not get. */
import { Readable } from 'node:stream'
import { listenTo } from '../../support/event-stream.js'
import type { Listening } from '../../support/event-stream.js'
import type { Answered, Instance } from './doors.js'
import type { Errand } from './errands.js'

/** A session as its browser has it. */
export interface Held {
  readonly headers: Readonly<Record<string, string>>
  readonly user: number
  readonly sub: string
  readonly sid: string | null
  /** When its tokens were asked for, and when its cookie had arrived; in steps. */
  readonly asked: number
  readonly born: number
}

/** What came of a request. */
export interface Asked {
  readonly answered: Answered
  readonly granted: boolean
}

/** A way to ask for something at one instance, on an errand. */
type Ask<Result> = (held: Held, instance: Instance, own: Errand) => Promise<Result>

/** Asks. */
export interface Asking {
  call(held: Held, instance: Instance, own: Errand, method?: 'GET' | 'POST'): Promise<Asked>
  readonly session: Ask<Asked>
  readonly refresh: Ask<Asked>
  readonly listen: Ask<void>
  /** Those that were opened. */
  readonly streams: readonly { readonly held: Held; readonly listening: Listening }[]
  /** What must never be, as it was seen. */
  readonly faults: string[]
}

/** How a page's requests say what they are. */
export const page = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
}
/** The same of a tab that goes somewhere. */
export const navigation = { ...page, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** @param isOver whether it was said of this session that it is over */
export function createAsking(isOver: (held: Held) => boolean): Asking {
  const streams: { held: Held; listening: Listening }[] = []
  const faults: string[] = []

  /** What is over when it is asked for must be refused. */
  async function ask(
    held: Held,
    what: string,
    answer: () => Promise<Answered>,
    isGranted = (one: Answered): boolean => one.status === 200,
  ): Promise<Asked> {
    const wasOver = isOver(held)
    const answered = await answer()
    const granted = isGranted(answered)
    if (wasOver && granted)
      faults.push(`${what} of a session that was over: ${answered.status} ${answered.text}`)
    return { answered, granted }
  }

  const call: Asking['call'] = (held, instance, own, method = 'GET') =>
    ask(held, 'a call', () =>
      instance.send({ method, path: '/bff/api/api/orders', headers: held.headers }, own),
    )
  const session: Asking['session'] = (held, instance, own) =>
    ask(
      held,
      'GET /session',
      () => instance.send({ path: '/bff/session', headers: held.headers }, own),
      ({ text }) => text.includes('"authenticated":true'),
    )
  const refresh: Asking['refresh'] = (held, instance, own) =>
    ask(held, 'a refresh', () =>
      instance.send({ method: 'POST', path: '/bff/refresh', headers: held.headers }, own),
    )
  async function listen(held: Held, instance: Instance, own: Errand): Promise<void> {
    const { answered, granted } = await ask(held, 'a stream', () =>
      instance.send({ path: '/bff/events', headers: held.headers }, own),
    )
    if (!granted) return
    const body = Readable.toWeb(answered.stream as Readable) as ReadableStream<Uint8Array>
    const answer = new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    streams.push({ held, listening: listenTo(answer) })
  }

  return { call, session, refresh, listen, streams, faults }
}

/** What an answer sets; not what it takes away. */
export function cookiesOf({ headers }: Answered): Map<string, string> {
  const lines = [headers['set-cookie'] ?? []].flat()
  const pairs = lines.map((line) => line.slice(0, line.indexOf(';')).split(/=(.*)/s) as [string, string])
  return new Map(pairs.filter(([, value]) => value !== ''))
}
