/** The other tabs of the same origin: messages (BroadcastChannel), turns and the lead (Web Locks). */
import { onAbsence } from './presence.js'

/** The tabs of this origin that have the same name open. */
export interface Tabs {
  /** Tells the other tabs; structured-cloneable. Nothing where there is no BroadcastChannel. */
  post(message: unknown): void
  /** Hears what other tabs post. Returns the way to stop; with no listener left the channel is closed. */
  onMessage(listener: (message: unknown) => void): () => void
  /**
   * Runs `work` while no other tab runs one for the same lock. A page that is frozen or hidden for good in the middle lets others
   * go on. Without Web Locks: at once. Rejects as `work` does.
   */
  exclusive<T>(lock: string, work: () => Promise<T>): Promise<T>
  /**
   * This tab takes the lead when no other tab has it: `begin` is called, and what it returns when the lead is given up (stopped,
   * frozen, hidden for good or into the back-forward cache). Back from there it queues again. Without Web Locks or
   * BroadcastChannel every tab leads. Returns the way to leave the queue.
   */
  lead(lock: string, begin: () => () => void): () => void
}

/** Pages that were told what they miss. */
const warned = new WeakSet<Window>()

/** Joins the tabs that have `name` open. Opens nothing before it is used. */
export function openTabs(page: Window, name: string): Tabs {
  const Channel = Reflect.get(page, 'BroadcastChannel') as typeof BroadcastChannel | undefined
  const locks = page.navigator.locks as LockManager | undefined
  const missing = [!Channel && 'BroadcastChannel', !locks && 'Web Locks'].filter(Boolean)
  if (missing.length > 0 && !warned.has(page)) {
    warned.add(page)
    console.warn(
      `tandem-session: this page has no ${missing.join(' and no ')}. Its tabs work each for itself: they hear of changes late, and each asks the server.`,
    )
  }

  const listeners = new Set<(message: unknown) => void>()
  let channel: BroadcastChannel | undefined
  let unwatch: (() => void) | undefined

  const open = (): void => {
    if (Channel === undefined || channel !== undefined) return
    channel = new Channel(name)
    channel.onmessage = ({ data }) => {
      for (const listener of [...listeners]) listener(data)
    }
  }
  const close = (): void => {
    channel?.close()
    channel = undefined
  }

  /**
   * Holds the lock while `task` runs. Resolves with whether it ran to its end: a page that leaves gives the lock up, or its place in
   * the queue.
   */
  const hold = async (lock: string, gone: AbortSignal, task: () => Promise<void>): Promise<void> => {
    const left = new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve()))
    const turn = (): Promise<void> | undefined => (gone.aborted ? undefined : Promise.race([task(), left]))
    if (locks === undefined) return turn()
    let began = false
    try {
      await locks.request(lock, { signal: gone }, () => {
        began = true
        return turn()
      })
    } catch (error) {
      // Refused, as where storage is: then as without.
      if (!began && !gone.aborted) return turn()
      if (!gone.aborted) throw error
    }
  }

  return {
    post(message) {
      open()
      channel?.postMessage(message)
      if (listeners.size === 0) close()
    },
    onMessage(listener) {
      listeners.add(listener)
      open()
      // An open channel keeps a page out of the back-forward cache, or throws it out at the first message.
      unwatch ??= onAbsence(page, (how) => how === 'hidden' && close(), open)
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return
        close()
        unwatch?.()
        unwatch = undefined
      }
    },
    exclusive<T>(lock: string, work: () => Promise<T>) {
      return new Promise<T>((resolve, reject) => {
        let gone: AbortController | undefined
        let begun = false
        const queue = (): void => {
          if (gone !== undefined || begun) return
          gone = new AbortController()
          const task = async (): Promise<void> => {
            begun = true
            try {
              resolve(await work())
            } catch (error) {
              reject(error)
            } finally {
              unqueue()
            }
          }
          void hold(lock, gone.signal, task)
        }
        const leave = (): void => {
          gone?.abort()
          gone = undefined
        }
        const unqueue = onAbsence(page, leave, queue)
        queue()
      })
    },
    lead(lock, begin) {
      let gone: AbortController | undefined
      const queue = (): void => {
        if (gone !== undefined) return
        gone = new AbortController()
        const { signal } = gone
        const task = (): Promise<void> =>
          new Promise((resolve) => {
            const end = begin()
            signal.addEventListener('abort', () => {
              end()
              resolve()
            })
          })
        void (Channel === undefined ? task() : hold(lock, signal, task))
      }
      const leave = (): void => {
        gone?.abort()
        gone = undefined
      }
      const unqueue = onAbsence(page, leave, queue)
      queue()
      return () => {
        unqueue()
        leave()
      }
    },
  }
}
