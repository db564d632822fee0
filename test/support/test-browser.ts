/** What the tabs of one browser share: cookies, notes, channels, locks, and the device's clocks. */

// Kept, for tests that take the clock and its timers away.
const { setImmediate: soon } = globalThis

/** One page of the browser, as far as its time goes. */
export interface BrowserPage {
  /** When its next timer is due, on the even clock; Infinity where none is, or none can run. */
  due(): number
  fire(): void
}

export interface TestBrowserOptions {
  /** By how many ms the device's clock is ahead of the true time. */
  skew?: number
}

/** A browser on a device of its own. */
export interface TestBrowser {
  /** The cookies a script can read. */
  readonly jar: Map<string, string>
  /** Its local storage. */
  readonly noted: Map<string, string>
  /** The pages that are open. */
  readonly pages: Set<BrowserPage>
  /** The device's clock, and one that goes on evenly whatever is done to that. ms. */
  wall(): number
  even(): number
  /** Every clock moves on, and what is due in any page in between fires, in order. ms. */
  advance(ms: number): void
  /** Every clock moves; nothing fires. ms. */
  pass(ms: number): void
  /** The device's clock is set, or the device slept; no time passes for the even one. ms. */
  jump(ms: number): void
  /** The names of all locks that are held. */
  held(): string[]
  /** How many channels are open. */
  readonly channels: number
  /** A window for the edges of a page that need the browser: it gets events, locks and channels, no document. */
  newWindow(): TestWindow
}

/** A window in which a test lets things happen. */
export interface TestWindow {
  readonly window: Window
  /** Dispatches an event at the window or its document. */
  dispatch(at: 'window' | 'document', type: string, members?: object): void
  /** Whether its tasks run; messages wait meanwhile. */
  frozen: boolean
  /** Runs a task of its own, once it is not frozen. */
  run(task: () => void): void
  /** It is gone at once, without a word: its locks and channels with it. */
  crash(): void
}

interface Request {
  readonly name: string
  readonly owner: TestWindow
  readonly grant: () => void
  /** Whether its work has begun. */
  begun: boolean
}

export const createTestBrowser = ({ skew = 0 }: TestBrowserOptions = {}): TestBrowser => {
  const pages = new Set<BrowserPage>()
  const channels = new Set<{ name: string; owner: TestWindow; hear(message: unknown): void }>()
  let granted: Request[] = []
  let queued: Request[] = []
  let passed = 0
  let ahead = skew
  // While time is made to pass, none passes by itself: what is set at a moment is set at that moment.
  let held: number | undefined
  const even = (): number => held ?? Date.now() + passed

  const grantNext = (): void => {
    const next = queued.find(
      ({ name, owner }) => !owner.frozen && !granted.some((request) => request.name === name),
    )
    if (next === undefined) return
    queued = queued.filter((request) => request !== next)
    granted.push(next)
    soon(() => next.owner.run(next.grant))
    grantNext()
  }

  const newWindow = (): TestWindow => {
    const targets = { window: new EventTarget(), document: new EventTarget() }
    let mailbox: (() => void)[] = []
    let frozen = false
    let gone = false
    const self: TestWindow = {
      window: Object.create(null) as Window,
      dispatch: (at, type, members = {}) =>
        void targets[at].dispatchEvent(Object.assign(new Event(type), members)),
      get frozen() {
        return frozen
      },
      set frozen(value) {
        frozen = value
        // What is granted at this very moment is not given to a page that cannot begin.
        granted = granted.filter(({ owner, begun }) => !frozen || begun || owner !== self)
        grantNext()
        if (!frozen) for (const task of mailbox.splice(0)) soon(() => self.run(task))
      },
      run: (task) => void (frozen ? mailbox.push(task) : task()),
      crash: () => {
        gone = true
        granted = granted.filter(({ owner }) => owner !== self)
        queued = queued.filter(({ owner }) => owner !== self)
        mailbox = []
        for (const channel of [...channels]) if (channel.owner === self) channels.delete(channel)
        for (const at of ['window', 'document'] as const) targets[at] = new EventTarget()
        grantNext()
      },
    }

    class TestChannel {
      onmessage: ((event: { data: unknown }) => void) | null = null
      readonly #entry
      readonly name: string
      constructor(name: string) {
        this.name = name
        this.#entry = {
          name,
          owner: self,
          hear: (data: unknown) => this.onmessage?.({ data }),
        }
        channels.add(this.#entry)
      }
      postMessage(message: unknown): void {
        if (gone) return
        for (const channel of channels) {
          if (channel === this.#entry || channel.name !== this.name) continue
          const data: unknown = structuredClone(message)
          const read = (): void => {
            if (channels.has(channel)) channel.hear(data)
          }
          soon(() => channel.owner.run(read))
        }
      }
      close(): void {
        channels.delete(this.#entry)
      }
    }

    const request = <T>(name: string, { signal }: { signal?: AbortSignal }, work: () => T): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        // Whatever a test lets run on of a page that is gone gets nothing any more.
        if (gone) return
        const asked: Request = {
          name,
          owner: self,
          begun: false,
          grant: () => {
            const release = (): void => {
              granted = granted.filter((one) => one !== asked)
              grantNext()
            }
            if (!granted.includes(asked)) return
            asked.begun = true
            const done = Promise.resolve().then(work)
            done.then(resolve, reject)
            done.then(release, release)
          },
        }
        signal?.addEventListener('abort', () => {
          if (!queued.includes(asked)) return
          queued = queued.filter((one) => one !== asked)
          reject(new DOMException('The request was aborted.', 'AbortError'))
        })
        queued.push(asked)
        grantNext()
      })

    Object.assign(self.window, {
      addEventListener: targets.window.addEventListener.bind(targets.window),
      removeEventListener: targets.window.removeEventListener.bind(targets.window),
      document: targets.document,
      navigator: { locks: { request } },
      BroadcastChannel: TestChannel,
    })
    return self
  }

  return {
    jar: new Map(),
    noted: new Map(),
    pages,
    even,
    wall: () => even() + ahead,
    advance: (ms) => {
      held = even()
      const end = held + ms
      try {
        for (;;) {
          const [next] = [...pages].toSorted((a, b) => a.due() - b.due())
          if (next === undefined || next.due() > end) break
          held = Math.max(held, next.due())
          next.fire()
        }
      } finally {
        passed = Math.max(end, held) - Date.now()
        held = undefined
      }
    },
    pass: (ms) => {
      passed += ms
      if (held !== undefined) held += ms
    },
    jump: (ms) => {
      ahead += ms
    },
    held: () => granted.map(({ name }) => name),
    get channels() {
      return channels.size
    },
    newWindow,
  }
}
