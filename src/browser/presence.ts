/** Whether a page is here at all. Frozen, or in the back-forward cache, it runs no code and answers nobody. */

/**
 * Calls `begin` while the page is here: now, and whenever it comes back. The signal it gets says that the page goes: it is frozen, or
 * hidden for good or for the back-forward cache; this is the last moment to let go of what others wait for. Returns the way to stop,
 * which says so, too. `seen`: only while the user can see the page.
 */
export function whileHere(page: Window, begin: (gone: AbortSignal) => void, seen = false): () => void {
  const attached = new AbortController()
  const { document } = page
  let stay: AbortController | undefined
  const enter = (): void => {
    if (stay !== undefined) return
    stay = new AbortController()
    begin(stay.signal)
  }
  const leave = (): void => {
    stay?.abort()
    stay = undefined
  }
  const look = (): void => (seen && document.visibilityState === 'hidden' ? leave() : enter())
  page.addEventListener('pagehide', leave, attached)
  page.addEventListener('pageshow', look, attached)
  document.addEventListener('freeze', leave, attached)
  document.addEventListener('resume', look, attached)
  if (seen) document.addEventListener('visibilitychange', look, attached)
  look()
  return () => {
    attached.abort()
    leave()
  }
}
