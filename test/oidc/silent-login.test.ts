// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { NetworkError, OAuthError } from '../../src/errors.js'
import type { World } from '../../src/oidc/settings.js'
import { createSilentLogin, type SilentLogin } from '../../src/oidc/silent-login.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import {
  createScriptedEngine,
  createWorld,
  tokensOf,
  transaction,
  type ScriptedEngine,
} from './scripted-engine.js'

const HOUR = 3_600_000

let platform: TestPlatform
let engine: ScriptedEngine
/** What the frames were asked. */
let frames: string[]
let frame: World['frame']

/** As after a page load: nothing in memory. */
const load = (hasFrames = true, page = platform, isAllowed = true): SilentLogin =>
  createSilentLogin({
    engine,
    hasFrames,
    isAllowed,
    name: 'test',
    world: createWorld(page, (url) => {
      frames.push(url)
      return frame(url)
    }),
    url: async (kind, { returnTo, params }) =>
      `https://idp.example.com/?${kind}&${returnTo}${new URLSearchParams(params)}`,
  })

/** The next answer of a frame belongs to something, and its code is good. */
const sayYes = (): void => {
  engine.transactions.set('s', transaction({ kind: 'frame' }))
  engine.answers.exchange = undefined
  delete engine.answers.check
}
/** The next answer of a frame is this error. */
const say = (error: string): void => {
  sayYes()
  const refuse = () => Promise.reject(new OAuthError({ error }))
  engine.answers.exchange = refuse
  engine.answers.check = refuse
}

beforeEach(() => {
  platform = createTestPlatform()
  engine = createScriptedEngine()
  sayYes()
  frames = []
  frame = () => Promise.resolve('https://app.test/silent.html?code=c&state=s')
})

describe('with the whole page', () => {
  it('leaves once, and not again within a minute if no answer came', async () => {
    expect(await load().leave('/here')).toBe('https://idp.example.com/?silent&/here')
    platform.advance(59_000)
    expect(await load().leave('/here')).toBeNull()
    platform.advance(2_000)
    expect(await load().leave('/here')).not.toBeNull()
  })

  it('leaves as often as it is answered', async () => {
    for (let i = 0; i < 3; i += 1) {
      const silent = load()
      expect(await silent.leave('/here')).not.toBeNull()
      silent.answered(true)
    }
  })
})

describe('in a frame', () => {
  it('brings tokens', async () => {
    expect(await load().inFrame('/here')).toMatchObject({ accessToken: expect.any(String) })
    expect(platform.items.size).toBe(0)
  })

  it('is not asked where there is no page for it', async () => {
    expect(await load(false).inFrame('/here')).toBeNull()
    expect(frames).toEqual([])
  })

  it.each([
    ['no answer', () => Promise.reject(new NetworkError('timeout', 'late'))],
    ['an answer to something else', () => Promise.resolve('https://app.test/silent.html?code=c&state=t')],
    ['no address', () => Promise.resolve('nonsense')],
  ])('is left out for an hour after %s', async (_, answer) => {
    frame = answer
    expect(await load().inFrame('/here')).toBeNull()
    expect(await load().inFrame('/here')).toBeNull()
    expect(frames).toHaveLength(1)
    platform.advance(HOUR)
    await load().inFrame('/here')
    expect(frames).toHaveLength(2)
  })

  it('is asked again where only the token endpoint did not answer', async () => {
    engine.answers.exchange = () => Promise.reject(new NetworkError('idp_unavailable', '503'))
    await expect(load().inFrame('/here')).rejects.toMatchObject({ code: 'idp_unavailable' })
    expect(platform.items.size).toBe(0)
    sayYes()
    expect(await load().inFrame('/here')).toBeTruthy()
    expect(frames).toHaveLength(2)
  })

  it('is tried again where the whole page got the same answer', async () => {
    say('login_required')
    const silent = load()
    expect(await silent.inFrame('/here')).toBeNull()
    silent.answered(false)
    await load().inFrame('/here')
    expect(frames).toHaveLength(2)
  })
})

describe('"signed out" in a frame', () => {
  it('is no answer of one that never said "yes": it may not see the cookie', async () => {
    say('login_required')
    expect(await load().inFrame('/here')).toBeNull()
    expect(await load().check(tokensOf())).toBeNull()
    expect(frames).toHaveLength(1)
  })

  it('is an answer where one said "yes" before, in any tab', async () => {
    await load().inFrame('/here')
    const other = createTestPlatform({ browser: platform.browser })
    for (const ask of [
      (tab: SilentLogin) => tab.inFrame('/here'),
      (tab: SilentLogin) => tab.check(tokensOf()),
    ]) {
      say('login_required')
      expect(await ask(load(true, other))).toBe(false)
    }
    sayYes()
    expect(await load(true, other).inFrame('/here')).toBeTruthy()
  })

  it.each(['interaction_required', 'consent_required', 'server_error'])(
    'is not what %s says',
    async (error) => {
      await load().inFrame('/here')
      say(error)
      expect(await load().check(tokensOf())).toBeNull()
    },
  )

  it('is not believed any more once the whole page said something else', async () => {
    await load().inFrame('/here')
    frame = () => Promise.reject(new NetworkError('timeout', 'late'))
    const silent = load()
    await silent.inFrame('/here')
    silent.answered(true)
    platform.advance(HOUR)
    frame = () => Promise.resolve('https://app.test/silent.html?code=c&state=s')
    say('login_required')
    expect(await load().check(tokensOf())).toBeNull()
  })

  it('is not believed any more where the user turns out to have been signed in all along', async () => {
    await load().inFrame('/here')
    say('login_required')
    const now = platform.clock.now()
    expect(await load().check(tokensOf())).toBe(false)
    const silent = load()
    silent.learn(undefined)
    silent.learn(now / 1000 + 5)
    say('login_required')
    expect(await load().check(tokensOf())).toBe(false)
    silent.learn(now / 1000 - 600)
    platform.advance(HOUR)
    say('login_required')
    expect(await load().check(tokensOf())).toBeNull()
  })
})

describe('an IDP that takes no prompt=none from this client', () => {
  it('is never asked, in a frame or with the whole page', async () => {
    const silent = load(true, platform, false)
    expect(await silent.inFrame('/')).toBeNull()
    expect(await silent.check(tokensOf())).toBeNull()
    expect(await silent.leave('/here')).toBeNull()
    expect(frames).toEqual([])
  })
})

describe('a check', () => {
  it('asks about this user and exchanges nothing', async () => {
    engine.answers.check = async () => 'state.salt'
    expect(await load().check({ ...tokensOf(), idToken: 'the-id-token' })).toBe('state.salt')
    expect(frames[0]).toContain('id_token_hint=the-id-token')
    expect(engine.asked).toEqual(['check'])
    sayYes()
    expect(await load().check(tokensOf())).toBe('')
  })

  it('leaves an ID token out that does not fit into an address', async () => {
    await load().check({ ...tokensOf(), idToken: 'x'.repeat(2_001) })
    expect(frames[0]).not.toContain('id_token_hint')
  })
})
