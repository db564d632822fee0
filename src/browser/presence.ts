/** Whether a page is here at all: frozen, or in the back-forward cache, none of its code runs. */

/** How a page goes: `hidden` into the back-forward cache or for ever, `frozen` where it is. */
export type Absence = 'hidden' | 'frozen'

/** Calls `leave` when the page goes and `back` when it is here again; returns the way to stop. */
export function onAbsence(page: Window, leave: (how: Absence) => void, back: () => void): () => void {
  const attached = new AbortController()
  const { document } = page
  page.addEventListener('pagehide', () => leave('hidden'), attached)
  document.addEventListener('freeze', () => leave('frozen'), attached)
  page.addEventListener('pageshow', back, attached)
  document.addEventListener('resume', back, attached)
  return () => attached.abort()
}
