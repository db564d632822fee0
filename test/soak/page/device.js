// @ts-check
/**
 * Hooked in before anything of the page: the device's clock, which the soak sets for all tabs at once (a cookie says by how much it is
 * wrong: that is read at once, and never stale), and how many timers are set.
 */
{
  const { Date: TrueDate, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis
  const ahead = () => {
    try {
      return Number(/(?:^|; )device-clock=(-?\d+)/.exec(document.cookie)?.[1] ?? 0)
    } catch {
      // A document without cookies.
      return 0
    }
  }
  globalThis.Date = /** @type {DateConstructor} */ (
    new Proxy(TrueDate, {
      construct: (target, given, self) =>
        Reflect.construct(target, given.length === 0 ? [target.now() + ahead()] : given, self),
      get: (target, name) => (name === 'now' ? () => target.now() + ahead() : Reflect.get(target, name)),
    })
  )

  const live = new Set()
  const replace = (/** @type {string} */ name, /** @type {Function} */ by) =>
    Reflect.set(globalThis, name, by)
  replace('setTimeout', (/** @type {() => void} */ callback, /** @type {number} */ ms) => {
    const handle = setTimeout(() => {
      live.delete(handle)
      callback()
    }, ms)
    live.add(handle)
    return handle
  })
  replace('clearTimeout', (/** @type {number} */ handle) => {
    live.delete(handle)
    clearTimeout(handle)
  })
  replace('setInterval', (/** @type {() => void} */ callback, /** @type {number} */ ms) => {
    const handle = setInterval(callback, ms)
    live.add(handle)
    return handle
  })
  replace('clearInterval', (/** @type {number} */ handle) => {
    live.delete(handle)
    clearInterval(handle)
  })
  replace('liveTimers', () => live.size)
}
