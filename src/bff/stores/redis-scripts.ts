/**
 * What happens to one key of Redis at once, in Lua. Every script has one key, so that it stays in one slot of a cluster; and tells of what it
 * wrote in the same step, so that no instance can write and die before it has told.
 *
 * A session is a hash: `v` version, `d` data (JSON), `ref`, `sub`, `sid` what it is found by, `x` its `expiresAt`, `iu` until when the indexes
 * have it. A tombstone is a hash under the same key: `t` what it says (JSON), `a` its `at`. Numbers are passed on as the text they came in: Lua's own are
 * shortened.
 */
import { createHash } from 'node:crypto'

/** A script, and the hash Redis knows it by. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') })

/** ARGV: data, ref, sub, sid, x, iu, ttl. 1 where it was created. */
export const create = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', '1', 'd', ARGV[1], 'ref', ARGV[2], 'sub', ARGV[3], 'sid', ARGV[4], 'x', ARGV[5], 'iu', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return 1`)

/**
 * ARGV: version, data, ref, sub, sid, x, iu ('' where the indexes were not written), ttl, channel, key. 1 where it was replaced, 0 where it has another
 * version or is gone, 2 where the indexes have to be written first: nothing was done.
 */
export const replace = script(`
local held = redis.call('HMGET', KEYS[1], 'v', 'ref', 'sub', 'sid', 'x', 'iu')
if held[1] ~= ARGV[1] then return 0 end
if ARGV[7] == '' then
  local x = tonumber(ARGV[6])
  if held[2] ~= ARGV[3] or held[3] ~= ARGV[4] or held[4] ~= ARGV[5] or x > tonumber(held[6]) or x < tonumber(held[5]) then
    return 2
  end
  redis.call('HSET', KEYS[1], 'd', ARGV[2], 'x', ARGV[6])
else
  redis.call('HSET', KEYS[1], 'd', ARGV[2], 'ref', ARGV[3], 'sub', ARGV[4], 'sid', ARGV[5], 'x', ARGV[6], 'iu', ARGV[7])
end
redis.call('HINCRBY', KEYS[1], 'v', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('PUBLISH', ARGV[9], ARGV[10])
return 1`)

/** ARGV: tombstone, its at, ttl, channel, key, and ref, sub, sid that it must have ('' for any). What it was: v, d; nil where it is not live. */
export const bury = script(`
local held = redis.call('HMGET', KEYS[1], 'v', 'd', 'ref', 'sub', 'sid')
if not held[1] then return false end
for i = 3, 5 do
  if ARGV[i + 3] ~= '' and ARGV[i + 3] ~= held[i] then return false end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 't', ARGV[1], 'a', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return { held[1], held[2] }`)

/**
 * ARGV: now, how long tombstones are kept, channel, key. What was done and when to look again: `buried` with at, ref, sub, sid; `later` with when;
 * `gone`: a tombstone was removed; `none`: there was nothing.
 */
export const sweepSession = script(`
local held = redis.call('HMGET', KEYS[1], 'v', 'x', 'a', 'ref', 'sub', 'sid')
local now = tonumber(ARGV[1])
if held[1] then
  if tonumber(held[2]) > now then return { 'later', held[2] } end
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 't', '{"endedBy":"app_session_over","at":' .. held[2] .. ',"request":""}', 'a', held[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('PUBLISH', ARGV[3], ARGV[4])
  return { 'buried', held[2], held[4], held[5], held[6] }
end
if not held[3] then return { 'none' } end
local over = tonumber(held[3]) + tonumber(ARGV[2])
if over > now then return { 'later', string.format('%.0f', over) } end
redis.call('DEL', KEYS[1])
return { 'gone' }`)

/** ARGV: until, how much longer it may stay. 1 where it is new. What is past by the clock of Redis is left to the sweep, which asks the caller's. */
export const remember = script(`
local known = redis.call('GET', KEYS[1])
if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
local left = tonumber(ARGV[1]) - redis.call('TIME')[1] * 1000
if left > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left + tonumber(ARGV[2]))) end
return known and 0 or 1`)

/** ARGV: now. As {@link sweepSession}, for what is kept in mind. */
export const sweepReminder = script(`
local known = redis.call('GET', KEYS[1])
if not known then return { 'none' } end
if tonumber(known) > tonumber(ARGV[1]) then return { 'later', known } end
redis.call('DEL', KEYS[1])
return { 'gone' }`)

/** ARGV: member, until, what is past, ttl. Adds to an index, never for less long than it is there already; and clears away what is past. */
export const index = script(`
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known or tonumber(known) < tonumber(ARGV[2]) then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1`)
