// @ts-check
/** The Redis of the tests: where it is. Valkey is as good. */
import { which } from './which.mjs'

/**
 * Where a Redis server is: `REDIS_SERVER_PATH` (and nothing else where that is set), or a program of `PATH`.
 * @returns {string | undefined}
 */
export function findRedis() {
  const named = process.env['REDIS_SERVER_PATH']
  if (named !== undefined && named !== '') return which([named])
  return which(['redis-server', 'valkey-server', '/usr/bin/redis-server', '/usr/local/bin/redis-server'])
}
