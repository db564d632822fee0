/** Trouble at the app's own server: the same faults as the provider has, before the doors of the BFF. */
import { createFaults, type Faults } from '../../demo/idp/index.js'
import type { Routes } from '../../demo/options.js'

/** The doors of the BFF that pages use. */
export const DOORS = ['session', 'refresh', 'events', 'api'] as const
export type Door = (typeof DOORS)[number]

export interface Doors {
  readonly faults: Faults<Door>
  /** What applies them, for the demo. */
  readonly before: Routes
  /** How many event streams are open. */
  streams(): number
}

/** All is well at first. */
export const createDoors = (): Doors => {
  const line = createFaults<Door>()
  const streams = new Set<unknown>()
  const before: Routes = (request, response, next) => {
    const name = /^\/bff\/([a-z]+)/.exec(request.url ?? '')?.[1]
    const door = DOORS.find((one) => one === name)
    const fault = door === undefined ? null : line.take(door)
    if (door === 'events') {
      streams.add(response)
      response.once('close', () => streams.delete(response))
    }
    if (fault === null) return next()
    const meet = async (): Promise<void> => {
      if (await line.apply(fault, request, response)) next()
    }
    void meet()
  }
  return { faults: line, before, streams: () => streams.size }
}
