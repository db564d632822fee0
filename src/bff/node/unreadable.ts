/** Requests that nobody could read: no handler sees them, so whoever counts and logs is told of them beside the requests. */
import type { Server } from 'node:http'

/** Takes one: the status it was answered with, and why, by node:http's own code where it has one. */
export type Unreadable = (status: number, code: string) => void

/** What a listener has that is told of them, too. */
export interface Hearing {
  readonly unreadable?: Unreadable
}

/** Tells those listeners of `server` that want to know. */
export function tellUnreadable(server: Server, status: number, code: string): void {
  for (const listener of server.listeners('request') as Hearing[]) listener.unreadable?.(status, code)
}
