/** A login that is answered at several instances. */
import { expect, it } from 'vitest'
import { testWorld } from './world.js'
import type { Visitor } from './visitor.js'
import type { World } from './world.js'

const codes = ({ idp }: World): string[] => idp.tokenCalls.map(({ params }) => String(params['code']))

/** The same login cookie, held by somebody who kept a copy. */
const copyOf = (world: World, browser: Visitor): Visitor => {
  const copy = world.visitor()
  for (const [name, value] of browser.jar) copy.jar.set(name, value)
  return copy
}

it('T26 the same answer at two instances at once, and again when both have forgotten it: one token request', async () => {
  const world = await testWorld()
  const second = await world.another()
  const alice = world.visitor()
  const callback = await alice.authorize(await alice.beginLogin())
  const kept = copyOf(world, alice)
  const all = Array.from({ length: 10 }, () => copyOf(world, alice))
  const answers = await Promise.all(
    all.map((one, i) => (i % 2 === 0 ? one : one.at(second)).comeBack(callback)),
  )
  const places = answers.map((answer) => answer.header('location'))
  expect(new Set(places)).toEqual(new Set(['/app', '/?login_error=stale_callback']))
  expect(codes(world)).toHaveLength(1)
  expect(new Set(all.map((one) => one.cookie('session')).filter(Boolean)).size).toBe(1)
  const third = await world.another()
  expect((await kept.at(third).comeBack(callback)).header('location')).toBe('/?login_error=stale_callback')
  expect(codes(world)).toHaveLength(1)
  expect(kept.cookie('session')).toBe('')
})
