// @ts-check
/** Runs in a page before its own scripts: a change of what it shows is noted right after the script that made it. */
globalThis.bench = { shown: new Map(), wokenAt: 0 }
const moment = () => performance.timeOrigin + performance.now()
new MutationObserver(() => {
  bench.shown.set(document.documentElement.dataset['status'] ?? '', moment())
}).observe(document, { subtree: true, attributeFilter: ['data-status'] })
document.addEventListener('resume', () => void (bench.wokenAt = moment()), { capture: true })
