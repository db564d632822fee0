/** Signs that the device or the page woke up. Attached while somebody listens. */

/** `restored`: out of the back-forward cache; `visible`, `online`: as the events say. */
export type Wake = 'restored' | 'visible' | 'online'

/** Listens for wake-ups of a page; returns the way to stop. */
export function onWake(page: Window, listener: (wake: Wake) => void): () => void {
  const pageshow = (event: PageTransitionEvent): void => {
    if (event.persisted) listener('restored')
  }
  const visibility = (): void => {
    if (page.document.visibilityState === 'visible') listener('visible')
  }
  const online = (): void => listener('online')
  page.addEventListener('pageshow', pageshow)
  page.addEventListener('online', online)
  page.document.addEventListener('visibilitychange', visibility)
  return () => {
    page.removeEventListener('pageshow', pageshow)
    page.removeEventListener('online', online)
    page.document.removeEventListener('visibilitychange', visibility)
  }
}
