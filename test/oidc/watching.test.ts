// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import type { FrameAnswer, Watched } from '../../src/oidc/session-watch.js'
import type { World } from '../../src/oidc/settings.js'
import { watch } from '../../src/oidc/watching.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

const FRAME = 'https://idp.example.com/session/check'
const NAME = 'https://idp.example.com app'

/** A frame that is open, and what it is asked. */
interface OpenFrame {
  readonly url: string
  readonly question: string
  says(answer: FrameAnswer): void
}

let platform: TestPlatform
let frames: Set<OpenFrame>
let looks: unknown[]
let held: Watched | null
let followers: Set<(watched: Watched | null) => void>

const questions = (): string[] => [...frames].map(({ question }) => question)
const saying = (answer: FrameAnswer): void => frames.forEach((frame) => frame.says(answer))
const checkSession: World['checkSession'] = (url, question, hear) => {
  const frame = { url, question, says: hear }
  frames.add(frame)
  return () => void frames.delete(frame)
}

/** A tab begins to watch. Resolves with the way to stop when it has a frame, if there is one to have. */
const begin = async (more: Partial<Parameters<typeof watch>[0]> = {}): Promise<() => void> => {
  const stop = watch({
    engine: { checkSessionUrl: async () => FRAME },
    clientId: 'app',
    world: { notes: platform.notes, checkSession },
    name: NAME,
    follow(tell) {
      followers.add(tell)
      tell(held)
      return () => void followers.delete(tell)
    },
    look: async (isSuspected) => void looks.push(isSuspected),
    ...more,
  })
  await new Promise((resolve) => setTimeout(resolve))
  return stop
}

beforeEach(() => {
  platform = createTestPlatform()
  frames = new Set()
  looks = []
  held = { ref: 'one', sessionState: 'hash.salt' }
  followers = new Set()
})

describe('what is held', () => {
  it('is watched by the frame of the IDP, until it is over', async () => {
    await begin()
    expect([...frames]).toMatchObject([{ url: FRAME, question: 'app hash.salt' }])
    for (const tell of followers) tell(null)
    expect(questions()).toEqual([])
  })

  it('is watched until nobody listens any more', async () => {
    const stop = await begin()
    stop()
    expect([questions(), followers.size]).toEqual([[], 0])
  })

  it('is not watched where the app does not want it, or the IDP has no frame', async () => {
    const stop = await begin({ world: { notes: platform.notes, checkSession: undefined } })
    expect(followers.size).toBe(0)
    stop()
    await begin({ engine: { checkSessionUrl: async () => null } })
    expect(questions()).toEqual([])
  })
})

describe('a change', () => {
  it('is looked into once', async () => {
    await begin()
    saying('unchanged')
    saying('changed')
    expect([looks, questions()]).toEqual([[true], []])
  })

  it('is looked into in vain where nobody answers', async () => {
    await begin({ look: () => Promise.reject(new Error('offline')) })
    saying('unchanged')
    saying('changed')
    expect(questions()).toEqual([])
  })

  it('that a frame tells before it has proven itself is none', async () => {
    await begin()
    saying('changed')
    expect([looks, questions()]).toEqual([[], []])
  })

  it('is believed by another tab, which did not see the proof, once', async () => {
    const stop = await begin()
    saying('unchanged')
    stop()
    await begin()
    saying('changed')
    expect(looks).toEqual([true])

    await begin()
    saying('changed')
    expect(looks).toEqual([true])
  })

  it.each(['', 'one', ' hash.salt', 'two hash.salt'])(
    'is not believed by what is noted as %o',
    async (noted) => {
      platform.notes.setItem(`tandem.checked ${NAME}`, noted)
      await begin()
      saying('changed')
      expect(looks).toEqual([])
    },
  )
})
