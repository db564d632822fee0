/** A session with its tokens, as one page holds it. */
import type { IdpEnd, Session } from '../session/session.js'
import type { Renewed } from './answers.js'
import type { Tokens } from './tokens.js'

/** What is held. One object for as long as it is one session: refreshes change it. */
export interface Held {
  tokens: Tokens
  session: Session
  generation: number
  /** When the user last did something, and when the IDP was last heard. ms, server's clock */
  usedAt: number
  heardAt: number
  endedBy?: IdpEnd | undefined
  /** Whether the hint named it once: cookies work here. */
  isMarked: boolean
  /** A refresh was sent whose answer got lost. */
  isLost: boolean
  /** The refresh that is on the wire. */
  wire?: Promise<Renewed> | undefined
}
