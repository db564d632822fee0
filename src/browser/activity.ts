/** Signs that a person uses the page. Attached while somebody listens. */

/**
 * What only a person does, also by assistive technology (`click`) or dictation (`input`). Not `scroll`: it looks the same when a
 * script scrolls, and whoever scrolls does so by wheel, touch, key or pointer.
 */
const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchstart', 'click', 'input']

/** At most one call in so many ms. */
const PAUSE = 1_000

/** Calls when the user does something on the page, at once and then at most once a second; returns the way to stop. */
export function onActivity(page: Window, listener: () => void): () => void {
  const attached = new AbortController()
  let last = -Infinity
  const hear = ({ isTrusted, timeStamp }: Event): void => {
    if (!isTrusted || Math.abs(timeStamp - last) < PAUSE) return
    last = timeStamp
    listener()
  }
  for (const sign of SIGNS) {
    page.addEventListener(sign, hear, { capture: true, passive: true, signal: attached.signal })
  }
  return () => attached.abort()
}
