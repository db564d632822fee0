/** One line of `src` changed so that one statement no longer holds: the tests of that number must then fail. */
export interface Mutation {
  /** Number of the statement, as the titles of its tests begin: `S06`. */
  readonly statement: string
  /** From the root of the repository. */
  readonly file: string
  /** What stands in it exactly once … */
  readonly text: string
  /** … and what takes its place. */
  readonly becomes: string
}
