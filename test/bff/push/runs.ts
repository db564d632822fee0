/** What happens in a tangle, by chance. */
import fc from 'fast-check'
import type { IdpEndPolicy } from '../../../src/session/session.js'
import type { Deed } from './cast.js'

const browser = fc.nat(2)
const user = fc.nat(1)
const instance = fc.nat(1)
const ends: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Deed> }[] = [
  { weight: 1, arbitrary: fc.record({ type: fc.constant('logout' as const), browser, instance }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('token' as const),
      by: fc.constantFrom('sub' as const, 'sid' as const, 'both' as const),
      ...{ browser, user, instance },
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('admin' as const), user, instance }) },
]
/** Something that ends sessions. */
export const end: fc.Arbitrary<Deed> = fc.oneof(...ends)

/** Any deed of three browsers, two users and an IDP, at either instance. */
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('login' as const), browser, user, instance }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('refresh' as const), browser, instance }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('call' as const), browser, instance }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('stepUp' as const), browser, instance }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('listen' as const), browser, instance }) },
  ...ends,
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('mood' as const),
      mood: fc.constantFrom('lost' as const, 'down' as const, 'revoked' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('pass' as const),
      ms: fc.constantFrom(30, 700, 1_000, 9_000, 400_000, 1_900_000),
    }),
  },
)

/** A life of all of them: what happens one after the other, and the choices by which they overtake each other. */
export const run = fc.record({
  // The first is a login, or there is nothing to entangle.
  first: fc.record({ type: fc.constant('login' as const), browser, user, instance }),
  deeds: fc.array(deed, { minLength: 4, maxLength: 14 }),
  choices: fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }),
  policy: fc.record<IdpEndPolicy>({
    logout: fc.constantFrom('end', 'rely'),
    expired: fc.constantFrom('end', 'rely'),
  }),
  reuse: fc.boolean(),
})
/** One of these. */
export type Run = typeof run extends fc.Arbitrary<infer Value> ? Value : never
