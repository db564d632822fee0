/** The other tabs of the same origin: messages (BroadcastChannel), turns and the lead (Web Locks). */
import { whileHere } from './presence.js'

/** The tabs of this origin that have the same name open. */
export interface Tabs {
  /** Whether they hear each other and take turns. Otherwise each works for itself. */
  readonly isJoined: boolean
  /** Tells the other tabs; structured-cloneable. Nothing where there is no BroadcastChannel. */
  post(message: unknown): void
  /** Hears what other tabs post. Returns the way to stop; with no listener left the channel is closed. */
  onMessage(listener: (message: unknown) => void): () => void
  /**
   * Runs `work` while no other tab runs one for the same lock. A page that is frozen or hidden for good in the middle lets others
   * go on. Without Web Locks: at once. Rejects as `work` does. Within `work`, the same lock is never free.
   */
  exclusive<T>(lock: string, work: () => Promise<T>): Promise<T>
  /**
   * This tab takes the lead when no other tab has it: `begin` is called, and what it returns when the lead is given up (stopped,
   * frozen, hidden for good or into the back-forward cache). Back from there it queues again. Without Web Locks or
   * BroadcastChannel every tab leads that the user can see. Returns the way to leave the queue.
   */
  lead(lock: string, begin: () => () => void): () => void
}

/** Pages that were told what they miss. */
const warned = new WeakSet<Window>()

/** Joins the tabs that have `name` open. Opens nothing before it is used: an open channel may cost the back-forward cache. */
export function openTabs(page: Window, name: string): Tabs {
  const { BroadcastChannel: Channel } = page as Window & Partial<Pick<typeof globalThis, 'BroadcastChannel'>>
  const locks = page.navigator.locks as LockManager | undefined
  const missing = [Channel ? [] : 'BroadcastChannel', locks ? [] : 'Web Locks'].flat().join(' and no ')
  if (missing && !warned.has(page)) {
    warned.add(page)
    console.warn(
      `tandem-session: no ${missing} in this page (an old browser, or no HTTPS). Its tabs cannot act as one: each asks for itself, and hears later of changes.`,
    )
  }

  const listeners = new Set<(message: unknown) => void>()
  let channel: BroadcastChannel | undefined
  let listening: AbortController | undefined
  let hidden = false

  const open = (): BroadcastChannel | undefined => {
    if (channel || !Channel) return channel
    try {
      channel = new Channel(name)
    } catch {
      // Refused, as storage may be: nobody hears.
      return undefined
    }
    channel.onmessage = ({ data }) => {
      for (const listener of [...listeners]) listener(data)
    }
    return channel
  }
  const close = (): void => {
    channel?.close()
    channel = undefined
  }

  const show = (shown: boolean): void => {
    hidden = !shown
    if (shown) open()
    else close()
  }

  /** Has `task` run under the lock. It is given up, or the place in the queue, when the page goes. */
  const turn = async (lock: string, gone: AbortSignal, task: () => Promise<void>): Promise<void> => {
    let begun = false
    const run = async (): Promise<void> => {
      begun = true
      if (gone.aborted) return
      await Promise.race([task(), new Promise((resolve) => gone.addEventListener('abort', resolve))])
    }
    if (locks === undefined) return run()
    try {
      await locks.request(lock, { signal: gone }, run)
    } catch (error) {
      if (gone.aborted) return
      if (begun) throw error
      // Refused, as storage may be: as without.
      await run()
    }
  }

  return {
    isJoined: !missing,
    post(message) {
      open()?.postMessage(message)
      if (listening === undefined || hidden) close()
    },
    onMessage(listener) {
      listeners.add(listener)
      if (listening === undefined) {
        listening = new AbortController()
        // An open channel keeps a page out of the back-forward cache, or has it thrown out by the next message. A frozen page
        // hears later what was said.
        page.addEventListener('pagehide', () => show(false), listening)
        page.addEventListener('pageshow', () => show(true), listening)
        open()
      }
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return
        listening?.abort()
        listening = undefined
        show(false)
        hidden = false
      }
    },
    exclusive: (lock, work) =>
      new Promise((resolve, reject) => {
        let begun = false
        const stop = whileHere(page, (gone) => {
          if (begun) return
          void turn(lock, gone, async () => {
            begun = true
            await Promise.resolve().then(work).then(resolve, reject)
            stop()
          })
        })
      }),
    lead: (lock, begin) =>
      whileHere(
        page,
        (gone) => {
          const task = async (): Promise<void> => {
            gone.addEventListener('abort', begin())
            // Until the page goes.
            await new Promise(() => {})
          }
          void (Channel === undefined ? task() : turn(lock, gone, task))
        },
        // Where every tab leads, those nobody looks at would use up the browser's connections to the server.
        !!missing,
      ),
  }
}
