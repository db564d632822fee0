/** Signs that the device or the page woke up. Attached while somebody listens. */

/** `restored`: out of the back-forward cache; `resumed`: no longer frozen; `visible`, `online`: as the events say. */
export type Wake = 'restored' | 'resumed' | 'visible' | 'online'

/** Listens for wake-ups of a page; returns the way to stop. */
export function onWake(page: Window, listener: (wake: Wake) => void): () => void {
  const attached = new AbortController()
  const { document } = page
  page.addEventListener('pageshow', ({ persisted }) => persisted && listener('restored'), attached)
  page.addEventListener('online', () => listener('online'), attached)
  document.addEventListener('resume', () => listener('resumed'), attached)
  const look = (): void => {
    if (document.visibilityState === 'visible') listener('visible')
  }
  document.addEventListener('visibilitychange', look, attached)
  return () => attached.abort()
}
