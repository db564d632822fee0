import { expect, it } from 'vitest'
import { redisWarnings } from '../../../src/bff/stores/redis-warnings.js'

const info = (maxmemory: number, policy: string): string =>
  `# Memory\r\nused_memory:1\r\nmaxmemory:${maxmemory}\r\nmaxmemory_human:1K\r\nmaxmemory_policy:${policy}\r\n`

it.each([
  [1000, 'allkeys-lru', 1],
  [1000, 'volatile-ttl', 1],
  [1000, 'noeviction', 0],
  [0, 'allkeys-lru', 0],
])('maxmemory %i with %s: %i warnings', (maxmemory, policy, count) => {
  const warnings = redisWarnings(info(maxmemory, policy))
  expect(warnings).toHaveLength(count)
  for (const warning of warnings) expect(warning).toContain(policy)
})

it('says nothing of what it was not told', () => expect(redisWarnings('')).toEqual([]))
