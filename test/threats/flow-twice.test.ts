/** Parameters of the login that come twice. */
import { expect, it } from 'vitest'
import { testWorld } from './world.js'

it('T32 parameters that come twice: refused, no token request', async () => {
  const world = await testWorld()
  // By the rule itself: what the protocol library refuses after it has another code.
  const comesTwice = '/app?login_error=callback_invalid'
  for (const more of ['code=x', 'state=other', 'iss=https://evil.example', 'error=x&error=y'])
    for (const first of [false, true]) {
      if (first && more.startsWith('state')) continue
      const alice = world.visitor()
      const callback = await alice.authorize(await alice.beginLogin())
      const tossed = first ? callback.replace('?', `?${more}&`) : `${callback}&${more}`
      expect([tossed, (await alice.comeBack(tossed)).header('location')]).toEqual([tossed, comesTwice])
    }
  const alice = world.visitor()
  const callback = await alice.authorize(await alice.beginLogin())
  const tossed = callback.replace('?', '?state=other&')
  expect((await alice.comeBack(tossed)).header('location')).toBe('/?login_error=stale_callback')
  expect(world.idp.tokenCalls).toEqual([])

  for (const query of ['return_to=/a&return_to=/b', 'prompt=login&prompt=none', 'max_age=9&max_age=0']) {
    const answer = await world.visitor().visit(`/bff/login?${query}`)
    expect([query, answer.status, answer.all('set-cookie')]).toEqual([query, 400, []])
  }
})
