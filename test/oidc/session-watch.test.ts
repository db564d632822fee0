import { beforeEach, describe, expect, it } from 'vitest'
import {
  createSessionWatch,
  type FrameAnswer,
  type SessionWatch,
  type Watched,
} from '../../src/oidc/session-watch.js'

/** A frame that is open, and what it is asked. */
interface OpenFrame {
  readonly url: string
  readonly question: string
  says(answer: FrameAnswer): void
  isOpen: boolean
}

const FRAME = 'https://idp.example/session/check'
const login = { ref: 'one', sessionState: 'hash.salt' }

let frames: OpenFrame[]
let suspicions: number
let proven: Watched | null
let url: () => Promise<string | null>
let watch: SessionWatch

const open = (): OpenFrame[] => frames.filter(({ isOpen }) => isOpen)
/** The one frame that is open. */
const frame = (): OpenFrame => {
  const [first, ...others] = open()
  if (first === undefined || others.length > 0) throw new Error(`${open().length} frames are open`)
  return first
}
const createWatch = (): SessionWatch =>
  createSessionWatch({
    clientId: 'client',
    url: () => url(),
    open: (address, question, hear) => {
      const says = (answer: FrameAnswer) => opened.isOpen && hear(answer)
      const opened = { url: address, question, isOpen: true, says }
      frames.push(opened)
      return () => {
        opened.isOpen = false
      }
    },
    proof: { get: () => proven, set: (watched) => void (proven = watched) },
    onSuspicion: () => (suspicions += 1),
  })

beforeEach(() => {
  frames = []
  suspicions = 0
  proven = null
  url = async () => FRAME
  watch = createWatch()
})

/** Resolves when what was under way without waiting is done. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
const follow = (watched: Watched | null, by = watch): Promise<void> => {
  by.follow(watched)
  return settled()
}

describe('a session', () => {
  it('is watched from its login to its end', async () => {
    expect(frames).toEqual([])
    await follow(login)
    expect(frame()).toMatchObject({ url: FRAME, question: 'client hash.salt' })
    await follow({ ...login })
    expect(frames).toHaveLength(1)
    await follow(null)
    expect(open()).toEqual([])
    await follow(null)
    expect(frames).toHaveLength(1)
  })

  it('is not watched at an IDP that has no frame, or whose metadata cannot be had', async () => {
    url = async () => null
    await follow(login)
    url = () => Promise.reject(new Error('offline'))
    await follow({ ref: 'two', sessionState: 'other.salt' })
    expect(frames).toEqual([])
  })

  it('is not watched where it is over before the metadata is there', async () => {
    const metadata: ((url: string) => void)[] = []
    url = () => new Promise((resolve) => metadata.push(resolve))
    await follow(login)
    await follow(null)
    await follow({ ref: 'two', sessionState: 'other.salt' })
    for (const found of metadata) found(FRAME)
    await settled()
    expect(frames.map(({ question }) => question)).toEqual(['client other.salt'])
  })

  it.each(['hash .salt', 'hash.salt another', 'hash\n.salt'])(
    'is not watched by a state that could not be: %o',
    async (sessionState) => {
      await follow({ ref: 'one', sessionState })
      expect(frames).toEqual([])
    },
  )
})

describe('a frame that said unchanged first', () => {
  beforeEach(async () => {
    await follow(login)
    frame().says('unchanged')
  })

  it('is believed when it says changed: one suspicion, and it is asked no more', async () => {
    frame().says('unchanged')
    expect(suspicions).toBe(0)
    frame().says('changed')
    expect(suspicions).toBe(1)
    expect(open()).toEqual([])
    await follow({ ...login })
    expect(open()).toEqual([])
    expect(suspicions).toBe(1)
  })

  it('goes on with the state of the next authorization answer, which proves itself anew', async () => {
    frame().says('changed')
    await follow({ ref: 'one', sessionState: 'other.salt' })
    expect(frame().question).toBe('client other.salt')
    frame().says('unchanged')
    frame().says('changed')
    expect(suspicions).toBe(2)
  })

  it('makes no loop where the next state is another at once', async () => {
    frame().says('changed')
    for (const sessionState of ['a.s', 'b.s', 'c.s']) {
      await follow({ ref: 'one', sessionState })
      open().forEach((opened) => opened.says('changed'))
    }
    expect(suspicions).toBe(1)
    expect(open()).toEqual([])
  })

  it.each(['error', 'none'] as const)(
    'is given up when it says %s, which is no suspicion',
    async (answer) => {
      frame().says(answer)
      expect([suspicions, open()]).toEqual([0, []])
      await follow({ ref: 'one', sessionState: 'other.salt' })
      expect(open()).toEqual([])
    },
  )

  it('takes a new state in before it was asked about the old one again', async () => {
    await follow({ ref: 'one', sessionState: 'other.salt' })
    expect(frame().question).toBe('client other.salt')
    frame().says('changed')
    expect(suspicions).toBe(0)
  })
})

describe.each(['changed', 'error', 'none'] as const)('a frame that said %s first', (answer) => {
  beforeEach(async () => {
    await follow(login)
    frame().says(answer)
  })

  it('is blind: it is no suspicion, and it is given up for this session', async () => {
    expect([suspicions, open()]).toEqual([0, []])
    await follow({ ...login })
    await follow({ ref: 'one', sessionState: 'other.salt' })
    expect([suspicions, open(), proven]).toEqual([0, [], null])
  })

  it('is tried again with the next session', async () => {
    await follow(null)
    await follow({ ref: 'two', sessionState: 'other.salt' })
    frame().says('unchanged')
    frame().says('changed')
    expect(suspicions).toBe(1)
  })
})

describe('the proof', () => {
  const later = { ref: 'one', sessionState: 'later.salt' }

  it('counts for tabs that ask later: what they hear first may have changed meanwhile', async () => {
    await follow(login)
    frame().says('unchanged')
    await follow(null)

    await follow(login, createWatch())
    frame().says('changed')
    expect(suspicions).toBe(1)
  })

  it.each([
    ['state', later],
    ['session', { ref: 'two', sessionState: 'hash.salt' }],
  ])('counts for no other %s', async (_of, watched) => {
    await follow(login)
    frame().says('unchanged')
    await follow(watched)
    proven = login
    frame().says('changed')
    // Of this session another state is known: that is asked about next.
    open().forEach((opened) => opened.says('unchanged'))
    expect(suspicions).toBe(0)
  })

  it('of a later state, by another tab, is where a tab goes on that has an older one', async () => {
    await follow(login)
    frame().says('unchanged')
    proven = later
    frame().says('changed')
    expect(frame().question).toBe('client later.salt')
    frame().says('unchanged')
    expect(suspicions).toBe(0)
    frame().says('changed')
    expect([suspicions, open()]).toEqual([1, []])
  })

  it('is used up by a suspicion: nothing goes back to it', async () => {
    await follow(login)
    frame().says('unchanged')
    frame().says('changed')
    await follow(later)
    frame().says('changed')
    expect([suspicions, open()]).toEqual([1, []])
  })

  it('of a later state, by another tab, is believed by a tab that has proven nothing', async () => {
    proven = later
    await follow(login)
    frame().says('changed')
    frame().says('changed')
    expect([suspicions, open()]).toEqual([1, []])
  })
})
