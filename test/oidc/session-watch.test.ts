import { beforeEach, describe, expect, it } from 'vitest'
import { createSessionWatch, type FrameAnswer, type SessionWatch } from '../../src/oidc/session-watch.js'

/** A frame that is open, and what it is asked. */
interface OpenFrame {
  readonly question: string
  says(answer: FrameAnswer): void
  isOpen: boolean
}

let frames: OpenFrame[]
let suspicions: number
let proven: string | null
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
    open: (question, hear) => {
      const opened = { question, isOpen: true, says: (answer: FrameAnswer) => opened.isOpen && hear(answer) }
      frames.push(opened)
      return () => {
        opened.isOpen = false
      }
    },
    proof: { get: () => proven, set: (sessionState) => void (proven = sessionState) },
    onSuspicion: () => (suspicions += 1),
  })

beforeEach(() => {
  frames = []
  suspicions = 0
  proven = null
  watch = createWatch()
})

const login = { ref: 'one', sessionState: 'hash.salt' }

describe('a session', () => {
  it('is watched from its login to its end', () => {
    expect(frames).toEqual([])
    watch.follow(login)
    expect(frame().question).toBe('client hash.salt')
    watch.follow({ ...login })
    expect(frames).toHaveLength(1)
    watch.follow(null)
    expect(open()).toEqual([])
    watch.follow(null)
    expect(frames).toHaveLength(1)
  })

  it.each(['hash .salt', 'hash.salt another', 'hash\n.salt'])(
    'is not watched by a state that could not be: %o',
    (sessionState) => {
      watch.follow({ ref: 'one', sessionState })
      expect(frames).toEqual([])
    },
  )
})

describe('a frame that said unchanged first', () => {
  beforeEach(() => {
    watch.follow(login)
    frame().says('unchanged')
  })

  it('is believed when it says changed: one suspicion, and it is asked no more', () => {
    frame().says('unchanged')
    expect(suspicions).toBe(0)
    frame().says('changed')
    expect(suspicions).toBe(1)
    expect(open()).toEqual([])
    watch.follow({ ...login })
    expect(open()).toEqual([])
    expect(suspicions).toBe(1)
  })

  it('goes on with the state of the next authorization answer, which proves itself anew', () => {
    frame().says('changed')
    watch.follow({ ref: 'one', sessionState: 'other.salt' })
    expect(frame().question).toBe('client other.salt')
    frame().says('unchanged')
    frame().says('changed')
    expect(suspicions).toBe(2)
  })

  it('makes no loop where the next state is another at once', () => {
    frame().says('changed')
    for (const sessionState of ['a.s', 'b.s', 'c.s']) {
      watch.follow({ ref: 'one', sessionState })
      open().forEach((opened) => opened.says('changed'))
    }
    expect(suspicions).toBe(1)
    expect(open()).toEqual([])
  })

  it.each(['error', 'none'] as const)('is given up when it says %s, which is no suspicion', (answer) => {
    frame().says(answer)
    expect([suspicions, open()]).toEqual([0, []])
    watch.follow({ ref: 'one', sessionState: 'other.salt' })
    expect(open()).toEqual([])
  })

  it('takes a new state in before it was asked about the old one again', () => {
    watch.follow({ ref: 'one', sessionState: 'other.salt' })
    expect(frame().question).toBe('client other.salt')
    frame().says('changed')
    expect(suspicions).toBe(0)
  })
})

describe.each(['changed', 'error', 'none'] as const)('a frame that said %s first', (answer) => {
  beforeEach(() => {
    watch.follow(login)
    frame().says(answer)
  })

  it('is blind: it is no suspicion, and it is given up for this session', () => {
    expect([suspicions, open()]).toEqual([0, []])
    watch.follow({ ...login })
    watch.follow({ ref: 'one', sessionState: 'other.salt' })
    expect([suspicions, open(), proven]).toEqual([0, [], null])
  })

  it('is tried again with the next session', () => {
    watch.follow(null)
    watch.follow({ ref: 'two', sessionState: 'other.salt' })
    frame().says('unchanged')
    frame().says('changed')
    expect(suspicions).toBe(1)
  })
})

describe('the proof', () => {
  it('counts for tabs that ask later: what they hear first may have changed meanwhile', () => {
    watch.follow(login)
    frame().says('unchanged')
    watch.follow(null)

    const later = createWatch()
    later.follow(login)
    frame().says('changed')
    expect(suspicions).toBe(1)
  })

  it('counts for no other state', () => {
    proven = 'hash.salt'
    watch.follow({ ref: 'one', sessionState: 'other.salt' })
    frame().says('changed')
    expect(suspicions).toBe(0)
  })
})
