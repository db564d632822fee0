/** The IDP asked with patience: renewals wait for a token endpoint that is failing, and what is not where it should be is looked up again. */
import type { Edges } from '../edges.js'
import type { Log } from '../log.js'
import { createBreaker } from './breaker.js'
import { NoAnswer } from './failures.js'
import type { MetadataSource } from './metadata.js'

/** What asks the token endpoint. */
interface Asking {
  exchange(...details: never[]): Promise<unknown>
  refresh(...details: never[]): Promise<unknown>
}

/** How the IDP is. */
export interface Condition {
  /** Resolves once metadata and keys are known; rejects with why they are not. */
  reach(): Promise<void>
  /** How long no access is renewed, because the token endpoint does not answer. ms; 0: it may be asked. See {@link Breaker}. */
  rest(isPaced?: boolean): number
  /** Whether token endpoint and metadata have answered, as far as is known. */
  readonly isAnswering: boolean
}

/**
 * The same, where renewals heed whether the token endpoint is left alone. A code is exchanged in any case: it is good once and for a moment, and who
 * brings it has just been at the IDP.
 */
export function withPatience<Idp extends Asking>(
  idp: Idp,
  source: MetadataSource,
  edges: Pick<Edges, 'now' | 'random' | 'metrics'>,
  log: Log,
): Idp & Condition {
  const breaker = createBreaker(edges, log)
  // Where it does not answer as it should, an endpoint may have moved.
  const doubting = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof NoAnswer && !error.isLimited && error.error === undefined) source.doubt()
      throw error
    }
  }
  return {
    ...idp,
    exchange: (...details: never[]) => breaker.watch(() => doubting(() => idp.exchange(...details))),
    refresh: (...details: never[]) => breaker.guard(() => doubting(() => idp.refresh(...details))),
    async reach() {
      await source.reach()
      edges.metrics.idpAnswers(breaker.isClosed)
    },
    rest: breaker.rest,
    get isAnswering() {
      return breaker.isClosed && !source.isFailing
    },
  }
}
