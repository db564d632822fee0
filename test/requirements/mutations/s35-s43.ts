/** Mutations for the statements on cookies, caches, binding and logout. */
import type { Mutation } from './mutation.js'

export const mutations: readonly Mutation[] = [
  {
    statement: 'S35',
    file: 'src/bff/cookies.ts',
    text: 'session: `Path=/${secure}; HttpOnly;',
    becomes: 'session: `Path=/${secure};',
  },
  {
    statement: 'S36',
    file: 'src/bff/cookies.ts',
    text: "const secure = isSecure ? '; Secure' : ''",
    becomes: "const secure = isSecure ? '' : ''",
  },
  {
    statement: 'S37',
    file: 'src/bff/validate-defaults.ts',
    text: "cookie.sameSite === 'lax' ? 'Lax' : 'Strict'",
    becomes: "cookie.sameSite === 'lax' ? 'Lax' : 'Lax'",
  },
  {
    statement: 'S38',
    file: 'src/bff/login/completion.ts',
    text: 'await sessions.supersede(key, sub, visit.id)',
    becomes: 'void key',
  },
  {
    statement: 'S39',
    file: 'src/bff/properties.ts',
    text: '!sameFamily(bound.userAgent, now.userAgent)',
    becomes: 'sameFamily(bound.userAgent, now.userAgent) === null',
  },
  {
    statement: 'S39',
    file: 'src/bff/properties.ts',
    text: '!isWithin(now.ip, bound.ip)',
    becomes: 'isWithin(now.ip, bound.ip) === null',
  },
  {
    statement: 'S39',
    file: 'src/bff/properties.ts',
    text: 'now.clientCertificate !== bound.clientCertificate',
    becomes: 'now.clientCertificate === undefined',
  },
  {
    statement: 'S40',
    file: 'src/bff/validate-defaults.ts',
    text: 'maxAge: cookie.dangerouslyPersistent === true ? Math.ceil(absolute) : null',
    becomes: 'maxAge: Math.ceil(absolute)',
  },
  {
    statement: 'S41',
    file: 'src/bff/answers.ts',
    text: "['Cache-Control', 'no-store']",
    becomes: "['Cache-Control', 'private, max-age=60']",
  },
  {
    statement: 'S41',
    file: 'src/bff/upstream/response-headers.ts',
    text: "const kept = privately(joined(upstream['cache-control']))",
    becomes: "const kept = joined(upstream['cache-control']) ?? null",
  },
  {
    statement: 'S42',
    file: 'src/bff/caching.ts',
    text: 'const WITHOUT_COOKIES = \'no-cache="Set-Cookie, Set-Cookie2"\'',
    becomes: 'const WITHOUT_COOKIES = \'no-cache="Set-Cookie"\'',
  },
  {
    statement: 'S43',
    file: 'src/bff/sessions/lookup.ts',
    text: 'const ended = await store.delete(record.key, { endedBy, at, request })',
    becomes: 'const ended = record',
  },
]
