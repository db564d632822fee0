/** What the rows of the machine's table are written with. */
import type { Happening } from './sessions.js'
import type { StateName } from './states.js'
import { denied } from './states.js'

/** An event, and for every state the next one and the effects. `unchanged`: the very same state, no effect. */
export type Row = [string, Happening, Record<StateName, [string, string[]]>]

export const unchanged: [string, string[]] = ['', []]
export const signedIn = ['ref-alice-1 idle', ['authenticated']] satisfies [string, string[]]
export const endedAs = (reason: string, ...more: string[]): [string, string[]] => [
  `unauthenticated(${[reason, ...more.map(() => denied.code)].join()})`,
  ['forget', `ended(${reason})`, ...more],
]
export const whileSignedIn = (to: (name: 'idle' | 'renewing' | 'waiting') => [string, string[]]) => ({
  idle: to('idle'),
  renewing: to('renewing'),
  waiting: to('waiting'),
})
export const whileSignedOut = {
  loading: unchanged,
  retrying: unchanged,
  unauthenticated: unchanged,
  toLogin: unchanged,
  toLogout: unchanged,
}
export const stays = whileSignedIn((name) => [`ref-alice-1 ${name}`, []])
