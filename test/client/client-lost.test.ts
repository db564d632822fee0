/** A refresh whose answer got lost took the only good token with it: the session at the IDP may live on. */
import { expect, it } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import { createWireBff, problem } from './wire-bff.js'

const setUp = async (reason: string) => {
  const bff = createWireBff({ signedIn: 'alice', address: 'https://app.test/cart?id=1' })
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
  await client.start()
  bff.once('POST /bff/refresh', () => problem('login_required', 401, { ended_by: reason, ended_at: 1 }))
  await client.refresh().catch(() => {})
  expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason })
  return { bff, client }
}
const login = (left: string[]) => {
  const [url = ''] = left
  const { pathname, searchParams } = new URL(url)
  return [pathname, searchParams.get('prompt'), searchParams.get('return_to')]
}

it('the user is asked for nothing: when they do something next, the IDP is asked without a page', async () => {
  const { bff } = await setUp('refresh_lost')
  bff.page.advance(60_000)
  expect(bff.page.left).toEqual([])
  bff.page.act()
  bff.page.advance(600)
  await expect.poll(() => bff.page.left).toHaveLength(1)
  expect(login(bff.page.left)).toEqual(['/bff/login', 'none', '/cart?id=1'])
  bff.page.act()
  bff.page.advance(600)
  expect(bff.page.left).toHaveLength(1)
})

it('what the app makes of what the user did comes first', async () => {
  const { bff, client } = await setUp('refresh_lost')
  bff.page.act()
  await client.login({ prompt: 'login' })
  bff.page.advance(600)
  await new Promise((resolve) => setImmediate(resolve))
  expect(login(bff.page.left)).toEqual(['/bff/login', 'login', '/cart?id=1'])
  expect(bff.page.left).toHaveLength(1)
})

it.each(['logout', 'revoked', 'idp_session_over'])(
  'nobody is sent away after an end by %s',
  async (reason) => {
    const { bff } = await setUp(reason)
    bff.page.act()
    bff.page.advance(600)
    await new Promise((resolve) => setImmediate(resolve))
    expect(bff.page.left).toEqual([])
  },
)
