/**
 * The threats: every row has a test in this folder whose title begins with its id, and a line in docs/security.md. `T`: attacks. `X`: attacks
 * that no list names. `P`: mistakes that software of this kind is known for. The rows stand by groups in files of their own.
 */
import { besideThreats } from './list-beside.js'
import { browserThreats } from './list-browser.js'
import { pitfalls } from './list-pitfalls.js'
import { proxyThreats } from './list-proxy.js'
import { sessionThreats } from './list-session.js'

/** One row. */
export interface Threat {
  readonly id: string
  /** The attack or the mistake. */
  readonly name: string
  /** What stands against it. */
  readonly defence: string
  /** Tests elsewhere that also show it, e.g. in real browsers. */
  readonly also?: readonly string[]
}

/** A group of rows, under a heading of docs/security.md. */
export interface Group {
  readonly title: string
  readonly rows: readonly Threat[]
}

/** A row as it is written here: id, attack, defence, and other tests. */
export type Row = readonly [id: string, name: string, defence: string, ...also: readonly string[]]

/** All of them, in order. */
export const groups: readonly Group[] = [
  ...browserThreats,
  ...sessionThreats,
  ...proxyThreats,
  ...besideThreats,
  ...pitfalls,
].map(([title, rows]) => ({
  title,
  rows: rows.map(([id, name, defence, ...also]) => ({ id, name, defence, ...(also.length > 0 && { also }) })),
}))

/** The rows of all groups. */
export const threats: readonly Threat[] = groups.flatMap(({ rows }) => rows)
