/** A login after the app session ran out on a page that nobody may look at. */
import { describe, expect, it } from 'vitest'
import { setUp } from './open-client.js'
import type { WireBff } from './wire-bff.js'

const runOut = (bff: WireBff): void => {
  bff.session = null
  bff.last = { ended_by: 'app_session_over', at: bff.page.clock.now() }
}

/** A page whose user did nothing for so long that the session ran out. */
const left = async () => {
  const { bff, client } = setUp({ signedIn: 'alice', address: 'https://app.test/a' })
  await client.start()
  bff.page.gesture = false
  runOut(bff)
  await client.checkSession()
  expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
  return { bff, client }
}

describe('login() after the app session ran out on this page', () => {
  it('waits until the user does something: the IDP would begin another session for nobody', async () => {
    const { bff, client } = await left()
    const login = client.login()
    // Longer than a login takes to leave.
    await client.checkSession()
    expect(bff.page.left).toEqual([])
    bff.page.act()
    await login
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fa'])
  })

  it('goes at once where the user has just done something, and that one counts', async () => {
    const { bff, client } = await left()
    const waiting = client.login()
    bff.page.gesture = true
    await client.login({ returnTo: '/b' })
    bff.page.act()
    await waiting
    expect(bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fb'])
  })

  it('does nothing more where somebody has signed in in another tab meanwhile', async () => {
    const { bff, client } = await left()
    const login = client.login()
    bff.signIn('alice')
    await client.checkSession()
    bff.page.act()
    await login
    expect([client.getState().status, bff.page.left]).toEqual(['authenticated', []])
  })

  it('does not wait on a page that was just opened: somebody did', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.page.gesture = false
    runOut(bff)
    await client.start()
    expect(client.getState()).toMatchObject({ reason: 'app_session_over' })
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })
})
