/**
 * `GET /events`: what becomes of the session, as it happens (`text/event-stream`). The stream is no use of the session: it moves no idle end, and
 * renews nothing. A `Last-Event-ID` needs no answer, for a stream begins with how things are.
 */
import { claimant } from '../holder.js'
import type { Door } from '../house.js'
import { unavailable } from '../problems.js'

/** The door: to a page of the app with a session, else 401. */
export const events: Door = async (house, visit, request, claim) => {
  const holder = await claimant(house, visit, claim)
  if (holder instanceof Response) return holder
  const body = house.streams.open(holder, visit.id, request.signal)
  if (body === null) return unavailable('The BFF is stopping. Connect again.')
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      // Or nginx would keep the events until there are many.
      'X-Accel-Buffering': 'no',
    },
  })
}
