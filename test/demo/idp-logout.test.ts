import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { APP_ORIGIN, type Idp } from '../support/idp.js'
import { startIdpVisit } from '../support/idp-visit.js'
import type { RelyingParty, Tokens } from '../support/relying-party.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let idp: Idp
let rp: RelyingParty
let agent: UserAgent
let tokens: Tokens

beforeEach(async () => void ({ idp, rp, agent, tokens } = await startIdpVisit()))
afterEach(async () => {
  vi.useRealTimers()
  await idp.close()
})

const back = `${APP_ORIGIN}/`

it('with the ID token it asks nothing, ends the session and comes back with the state', async () => {
  const hint = tokens.id_token ?? ''
  await agent.navigate(
    rp.endSessionUrl({ id_token_hint: hint, post_logout_redirect_uri: back, state: 'there' }),
  )
  expect(agent.page?.url.href).toBe(`${back}?state=there`)
  expect(idp.live('Session')).toBe(0)
  await expect(rp.refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
})

it('an expired ID token is as good a hint', async () => {
  const hint = tokens.id_token ?? ''
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60 * 60 * 1000 })
  await agent.navigate(rp.endSessionUrl({ id_token_hint: hint, post_logout_redirect_uri: back }))
  expect(agent.page?.url.href).toBe(back)
})

it('without it the user decides, either way', async () => {
  const url = rp.endSessionUrl({ post_logout_redirect_uri: back })
  await agent.navigate(url)
  expect(agent.page?.text).toContain('Sign out?')
  const [form] = agent.page?.forms ?? []
  if (!form) throw new Error('no form')
  await agent.submit(form)
  expect(agent.page?.url.href).toBe(back)
  expect(idp.live('Session')).toBe(1)

  await agent.navigate(url)
  const [again] = agent.page?.forms ?? []
  if (!again) throw new Error('no form')
  await agent.submit(again, { logout: 'yes' })
  expect(agent.page?.url.href).toBe(back)
  expect(idp.live('Session')).toBe(0)
})

it("another user's ID token does not sign this one out unasked", async () => {
  const other = await rp.signIn(createUserAgent(), 'bob')
  await agent.navigate(
    rp.endSessionUrl({ id_token_hint: other.id_token ?? '', post_logout_redirect_uri: back }),
  )
  expect(agent.page?.text).toContain('Sign out?')
  expect(idp.live('Session', 'alice')).toBe(1)
})

it('with nobody signed in it just comes back', async () => {
  await idp.endSession('alice')
  await agent.navigate(
    rp.endSessionUrl({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: back }),
  )
  expect(agent.page?.url.href).toBe(back)
})

it('an unregistered address is refused with a page', async () => {
  await agent.navigate(
    rp.endSessionUrl({
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://evil.example/',
    }),
  )
  expect(agent.page?.url.origin).toBe(idp.origin)
  expect(agent.page?.text).toContain('post_logout_redirect_uri not registered')
})

it('without an address to return to it ends on its own page', async () => {
  const url = rp.endSessionUrl({ id_token_hint: tokens.id_token ?? '' })
  await agent.navigate(url)
  expect(agent.page?.text).toContain('You are signed out')
})
