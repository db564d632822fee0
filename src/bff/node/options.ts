/** Options of a server. Without a type of Node: whoever runs elsewhere reads this declaration, too. */

/** Time limits of a server, s. */
export interface Timeouts {
  /** For the head of a request. Default 15. */
  readonly head?: number
  /** For a whole request, its body included. Default 300. */
  readonly request?: number
  /** How long a connection without a request is kept: longer than the balancers in front keep theirs. Default 65. */
  readonly idle?: number
  /** How long a client may take nothing of what was sent to it. Default 60. */
  readonly stalled?: number
  /** How long a client may take for each 64 KiB of an answer. Default 120. */
  readonly slow?: number
}
