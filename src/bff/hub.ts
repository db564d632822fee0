/** Where a stream hears that there is news of its session. What the news is, it reads in the store: nothing can be missed or come in a wrong order. */
import type { Edges } from './edges.js'
import { errorEntry } from './log.js'
import type { Log } from './log.js'
import type { Found, News, SessionStore } from './stores/store.js'

/** News by the store's key of a session. */
export interface Hub {
  /** Calls back whenever there may be news of a session; the returned function ends that. */
  subscribe(key: string, listener: () => void): () => void
  /** There is news of a session: whoever listens is called, one after the other, before this returns. */
  publish(key: string): void
  close(): void
}

/** How often the store is asked for what other instances did, ms; only while somebody listens, and only about those sessions. */
const POLL = 1_000

/**
 * Makes a hub for this instance, which sees what others wrote into the same store: at once where the store tells its news, else within
 * {@link POLL}. After a gap in the news everything is looked at that somebody listens to.
 */
export function createHub(
  store: () => Promise<Pick<SessionStore, 'get' | 'news'>>,
  edges: Pick<Edges, 'timer'>,
  log: Log,
): Hub {
  const listeners = new Map<string, Set<() => void>>()
  const seen = new Map<string, string>()
  let cancel: (() => void) | undefined
  let closed = false
  let news: Promise<News | null> | undefined
  // Something was missed, and nobody has looked since.
  let behind = false

  const publish = (key: string): void => {
    for (const listener of listeners.get(key) ?? []) listener()
  }

  const poll = async (): Promise<void> => {
    behind = false
    const opened = await store()
    for (const key of listeners.keys()) {
      const now = markOf(await opened.get(key))
      if (seen.get(key) === now || !listeners.has(key)) continue
      seen.set(key, now)
      publish(key)
    }
  }

  const ask = (): Promise<void> =>
    poll().catch((error: unknown) => {
      behind = true
      log.warn(
        { event: 'poll_failed', ...errorEntry(error) },
        'The session store could not be asked for news.',
      )
    })

  const missed = (): void => {
    behind = true
    void ask()
  }

  const hear = async (): Promise<News | null> => {
    const told = (await store()).news?.({ told: publish, missed }) ?? null
    if (closed) told?.stop()
    return told
  }

  const schedule = (): void => {
    news ??= hear().catch(() => null)
    cancel = edges.timer(
      () => {
        void news
          ?.then((heard) => (heard?.live === true && !behind ? undefined : ask()))
          .finally(() => {
            cancel = undefined
            if (listeners.size > 0 && !closed) schedule()
          })
      },
      POLL,
      true,
    )
  }

  return {
    subscribe(key, listener) {
      const others = listeners.get(key) ?? new Set()
      listeners.set(key, others.add(listener))
      if (cancel === undefined && !closed) schedule()
      return () => {
        others.delete(listener)
        if (others.size > 0 || listeners.get(key) !== others) return
        listeners.delete(key)
        seen.delete(key)
      }
    },
    publish,
    close() {
      closed = true
      cancel?.()
      listeners.clear()
      void news?.then((heard) => heard?.stop())
    },
  }
}

/** What changes with every write. */
const markOf = (found: Found | null): string =>
  found === null ? 'none' : found.state === 'live' ? String(found.record.version) : 'ended'
