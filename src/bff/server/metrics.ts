/** The metrics of `tandem-bff`, for Prometheus: what the BFF counts, its requests, and the process. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Metrics } from '../metrics.js'
import type { MetricsPage } from './admin.js'
import type { RequestMetrics } from './timed.js'

/** From a call next door to one that waits for its upstream's timeout, s. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Metrics of their own: two in one process share nothing but the process. */
export function openMetrics(): Metrics & RequestMetrics & MetricsPage {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const registers = [register]
  const counter = <Label extends string>(
    name: string,
    help: string,
    ...labelNames: Label[]
  ): Counter<Label> => new Counter({ name: `tandem_${name}_total`, help, labelNames, registers })
  const histogram = <Label extends string>(
    name: string,
    help: string,
    ...labelNames: Label[]
  ): Histogram<Label> =>
    new Histogram({ name: `tandem_${name}_duration_seconds`, help, labelNames, buckets: SECONDS, registers })

  const requests = counter(
    'requests',
    'Answers by door (api/NAME: an upstream) and class of status.',
    'door',
    'status',
  )
  const proxied = histogram(
    'proxy',
    'Calls that an upstream answered, until the answer was sent.',
    'upstream',
    'status',
  )
  const upstreamFailures = counter(
    'upstream_failures',
    'Calls that an upstream did not answer, or not to the end, by code.',
    'upstream',
    'code',
  )
  const tokenRequests = histogram('token_request', 'Token requests to the IDP, by result.', 'result')
  const refreshes = counter(
    'refreshes',
    'Refreshes by result; one for all calls that waited for it.',
    'result',
  )
  const logins = counter(
    'logins',
    'Logins that are over, by result: succeeded, or the code of the failure.',
    'result',
  )
  const ended = counter('sessions_ended', 'Sessions that were ended here, by reason.', 'reason')
  const storeErrors = counter('store_errors', 'Failures of the session store, by operation.', 'operation')
  const unreadable = counter('unreadable_requests', 'Requests that could not be read, by status.', 'status')
  const limited = counter('rate_limited', 'Requests that the rate limit refused, by limit.', 'limit')
  const idp = new Gauge({
    name: 'tandem_idp_up',
    help: 'Whether the IDP answers, as far as is known: 1 or 0.',
    registers,
  })
  const streams = new Gauge({
    name: 'tandem_event_streams',
    help: 'Event streams that are open here.',
    registers,
  })

  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    request: (door, status) => requests.inc({ door, status }),
    proxied: (upstream, status, seconds) => proxied.observe({ upstream, status }, seconds),
    upstreamFailed: (upstream, code) => upstreamFailures.inc({ upstream, code }),
    unreadable: (status) => unreadable.inc({ status }),
    tokenRequest: (result, seconds) => tokenRequests.observe({ result }, seconds),
    refresh: (result) => refreshes.inc({ result }),
    login: (result) => logins.inc({ result }),
    sessionEnded: (reason) => ended.inc({ reason }),
    stream: (change) => streams.inc(change),
    storeError: (operation) => storeErrors.inc({ operation }),
    idpAnswers: (answers) => idp.set(answers ? 1 : 0),
    rateLimited: (limit) => limited.inc({ limit }),
  }
}
