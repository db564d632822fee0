/** What a page makes of what it learns without asking. */
import { describe, expect, it } from 'vitest'
import type { Connection, News } from '../../src/client/oauth-client.js'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { Session } from '../../src/index.js'
import { aSession, bobs, MINUTE, renewedUntil } from '../session/sessions.js'
import { createTestPlatform } from '../support/test-platform.js'
import { createWireBff, problem } from './wire-bff.js'

describe('news', () => {
  const open = async (session: Session) => {
    let asked = 0
    let tell: (news: News) => void = () => {}
    let isWatched = false
    let current: Session = session
    const connection: Connection = {
      restore: async () => {
        asked += 1
        return { type: 'restored', session: current }
      },
      watch(listener) {
        tell = listener
        isWatched = true
        return () => (isWatched = false)
      },
      isCurrent: ({ ref }) => ref === current.ref,
      loginUrl: () => Promise.reject(new Error('not here')),
      logout: async () => null,
      renew: async () => ({ type: 'restored', session: current }),
      prepare: async ({ url }) => url,
      renewsBefore: () => true,
      forget: () => {},
    }
    const page = createTestPlatform()
    const oauth = { keeper: 'bff', check: () => {}, open: () => connection } as const
    const client = createSessionClient({ oauth }, page)
    const heard: string[] = []
    for (const type of ['authenticated', 'refreshed', 'ended', 'idp-session-ended'] as const)
      client.on(type, () => heard.push(type))
    await client.start()
    heard.length = 0
    return {
      page,
      client,
      heard,
      tell: (news: News) => tell(news),
      asked: () => asked,
      isWatched: () => isWatched,
      becomes: (next: Session) => (current = next),
      session: () => {
        const state = client.getState()
        return state.status === 'authenticated' ? state.session : undefined
      },
    }
  }
  const now = Date.now()
  const app = { startedAt: now, endsAt: now + 600 * MINUTE }
  const alices = aSession({ app, access: { expiresAt: now + 50 * MINUTE } })

  it('of a renewal, a log-out and a log-in is taken, each once', async () => {
    const { tell, heard, session } = await open(alices)
    const renewed = renewedUntil(alices, now + 55 * MINUTE)
    tell({ type: 'restored', session: renewed })
    tell({ type: 'restored', session: renewed })
    expect(heard).toEqual(['refreshed'])
    tell({ type: 'absent', ref: alices.ref, reason: 'logout' })
    tell({ type: 'absent', ref: alices.ref, reason: 'logout' })
    expect(heard).toEqual(['refreshed', 'ended'])
    tell({ type: 'restored', session: bobs({ app }) })
    expect(session()?.user.sub).toBe('bob')
  })

  it('as it was before changes nothing: less access, an earlier idle end, the end of another session', async () => {
    const idling = (idleEndsAt: number): Session => ({ ...alices, app: { ...app, idleEndsAt } })
    const { tell, heard, session } = await open(idling(now + 30 * MINUTE))
    tell({ type: 'restored', session: renewedUntil(alices, now + 40 * MINUTE) })
    tell({ type: 'restored', session: idling(now + 29 * MINUTE) })
    tell({ type: 'absent', ref: 'ref-of-before', reason: 'revoked' })
    tell({ type: 'idp-ended', ref: 'ref-of-before', endedBy: 'logout' })
    expect(session()).toEqual(idling(now + 30 * MINUTE))
    expect(heard).toEqual([])
    tell({ type: 'restored', session: idling(now + 31 * MINUTE) })
    expect(session()?.app.idleEndsAt).toBe(now + 31 * MINUTE)
  })

  it('that the IDP session is over is taken by the policy', async () => {
    const { tell, heard, session } = await open(alices)
    tell({ type: 'idp-ended', ref: alices.ref, endedBy: 'expired' })
    expect(session()?.idp).toMatchObject({ status: 'ended', endedBy: 'expired' })
    expect(heard).toEqual(['idp-session-ended'])
  })

  it('that is no more than a suspicion asks; once more where a question is under way', async () => {
    const { tell, asked, becomes, session } = await open(alices)
    tell({ type: 'suspicion' })
    await expect.poll(asked).toBe(2)
    await new Promise((resolve) => setImmediate(resolve))
    tell({ type: 'suspicion' })
    becomes(bobs({ app }))
    tell({ type: 'suspicion' })
    tell({ type: 'suspicion' })
    await expect.poll(() => session()?.user.sub).toBe('bob')
    expect(asked()).toBe(4)
  })

  it('is listened for between start() and stop()', async () => {
    const { client, isWatched } = await open(alices)
    expect(isWatched()).toBe(true)
    client.stop()
    expect(isWatched()).toBe(false)
  })

  it('when the page wakes and this browser holds another session, nothing is shown until it is known which', async () => {
    const { page, client, becomes, heard, session } = await open(alices)
    becomes(bobs({ app }))
    page.wake('visible')
    expect(client.getState().status).toBe('loading')
    expect(heard).toEqual([])
    await expect.poll(() => session()?.user.sub).toBe('bob')
    expect(heard).toEqual(['ended', 'authenticated'])
  })
})

// A refresh whose answer got lost took the only good token with it: the session at the IDP may live on.

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
