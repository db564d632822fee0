/** What of a Redis is not as a store of sessions needs it. */

/** The warnings for what it says of its memory (`INFO memory`). A node of a cluster speaks for itself alone. */
export function redisWarnings(memory: string): readonly string[] {
  const told = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(memory)?.[1] ?? ''
  const policy = told('maxmemory_policy')
  const isBounded = Number(told('maxmemory')) > 0
  return isBounded && policy !== '' && policy !== 'noeviction'
    ? [
        `Redis drops sessions when its memory is full (maxmemory-policy ${policy}): their users are signed out. Set it to noeviction.`,
      ]
    : []
}
