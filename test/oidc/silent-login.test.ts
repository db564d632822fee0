// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { sessionFrom } from '../../src/oidc/session.js'
import type { World } from '../../src/oidc/settings.js'
import { createSilentLogin, type SilentLogin } from '../../src/oidc/silent-login.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createScriptedEngine, createWorld, transaction, type ScriptedEngine } from './scripted-engine.js'

const HOUR = 3_600_000

let platform: TestPlatform
let engine: ScriptedEngine
let frames: number
let frame: World['frame']

/** As after a page load: nothing in memory. */
const load = (hasFrames = false): SilentLogin =>
  createSilentLogin({
    engine,
    hasFrames,
    world: createWorld(platform, (url) => {
      frames += 1
      return frame(url)
    }),
    url: async (kind, returnTo) => `https://idp.example.com/?${kind}&${returnTo}`,
    hold: (tokens) => sessionFrom(tokens, 'ref', Date.now()),
  })

beforeEach(() => {
  platform = createTestPlatform()
  platform.jar.set('hint', String(Date.now()))
  engine = createScriptedEngine()
  engine.transactions.set('s', transaction({ kind: 'frame' }))
  frames = 0
  frame = () => Promise.resolve('https://app.test/silent.html?code=c&state=s')
})

describe('with the whole page', () => {
  it('leaves once, and not again within a minute if no answer came', async () => {
    expect(await load().ask('/here', false)).toEqual({
      type: 'leaving',
      url: 'https://idp.example.com/?silent&/here',
    })
    platform.advance(59_000)
    expect(await load().ask('/here', false)).toEqual({ type: 'absent', returnTo: '/here' })
    expect(platform.jar.has('hint')).toBe(false)
    platform.advance(2_000)
    expect(await load().ask('/here', false)).toMatchObject({ type: 'leaving' })
  })

  it('waits out the minute where an answer came but led to nothing', async () => {
    await load().ask('/here', false)
    await expect(load().ask('/here', true)).rejects.toBeInstanceOf(NetworkError)
    expect(platform.jar.has('hint')).toBe(true)
    platform.advance(61_000)
    expect(await load().ask('/here', true)).toMatchObject({ type: 'leaving' })
  })

  it('leaves as often as it is answered', async () => {
    for (let i = 0; i < 3; i += 1) {
      const silent = load()
      expect(await silent.ask('/here', false)).toMatchObject({ type: 'leaving' })
      silent.answered(true)
    }
  })
})

describe('in a frame', () => {
  it('finds the session, and the page stays', async () => {
    expect(await load(true).ask('/here', false)).toMatchObject({ type: 'restored', returnTo: '/here' })
    expect(platform.items.size).toBe(0)
  })

  it.each([
    ['no answer', () => Promise.reject(new NetworkError('timeout', 'late'))],
    ['an answer to something else', () => Promise.resolve('https://app.test/silent.html?code=c&state=t')],
    ['no address', () => Promise.resolve('nonsense')],
  ])('asks with the whole page after %s, and leaves frames out for an hour', async (_, answer) => {
    frame = answer
    const silent = load(true)
    expect(await silent.ask('/here', false)).toMatchObject({ type: 'leaving' })
    silent.answered(true)
    expect(await load(true).ask('/here', false)).toMatchObject({ type: 'leaving' })
    expect(frames).toBe(1)
    platform.advance(HOUR)
    await load(true).ask('/here', false)
    expect(frames).toBe(2)
  })

  it('is asked again, and the page stays, where only the token endpoint did not answer', async () => {
    engine.answers.exchange = () => Promise.reject(new NetworkError('idp_unavailable', '503'))
    await expect(load(true).ask('/here', true)).rejects.toMatchObject({ code: 'idp_unavailable' })
    expect(platform.items.size).toBe(0)
    engine.answers.exchange = undefined
    engine.transactions.set('s', transaction({ kind: 'frame' }))
    expect(await load(true).ask('/here', true)).toMatchObject({ type: 'restored', returnTo: '/here' })
    expect(frames).toBe(2)
  })

  it('is tried again where the whole page got the same answer', async () => {
    frame = () => Promise.reject(new NetworkError('timeout', 'late'))
    const silent = load(true)
    await silent.ask('/here', false)
    silent.answered(false)
    await load(true).ask('/here', false)
    expect(frames).toBe(2)
  })
})

it('asks nobody once the app session is over', async () => {
  platform.jar.set('hint', String(Date.now() - 12 * HOUR))
  expect(await load(true).ask('/here', false)).toEqual({ type: 'absent', reason: 'app_session_over' })
  expect(platform.jar.has('hint')).toBe(false)
  expect(frames).toBe(0)
})
