/** Whether a file was written to, by its times alone: cheaper than to ask the database in it. */
import { statSync } from 'node:fs'

/** A file that looks the same for so long is not being written to, ms: more than the grain of the clocks that file systems have. */
const GRAIN = 100

/**
 * `version`, asked again only where `file` may have been written to since. Two writes within the grain of its times look like one: what it looks like is
 * believed once it has not changed for {@link GRAIN}, so that every later write must show. Without the file, or with times of whole seconds, `version` is always asked.
 */
export function whileSettled(
  file: string,
  version: () => number,
  clock = (): number => performance.now(),
): () => number {
  let [ino, size, mtimeMs, since] = [0, 0, 0, 0]
  let known: number | null = null
  return () => {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat === undefined || stat.mtimeMs % 1000 === 0) return version()
    const isSame = stat.mtimeMs === mtimeMs && stat.size === size && stat.ino === ino
    if (isSame && known !== null) return known
    const now = clock()
    if (!isSame) {
      ;({ ino, size, mtimeMs } = stat)
      since = now
      known = null
    }
    const asked = version()
    if (now - since > GRAIN) known = asked
    return asked
  }
}
