// @ts-check
/** The nginx of the tests: where it is. */
import { which } from './which.mjs'

/**
 * Where nginx is: `NGINX_PATH` (and nothing else where that is set), a program of `PATH`, or where Debian puts it.
 * @returns {string | undefined}
 */
export function findNginx() {
  const named = process.env['NGINX_PATH']
  if (named !== undefined && named !== '') return which([named])
  return which(['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'])
}
