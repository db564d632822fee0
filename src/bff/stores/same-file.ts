/** Whether files that are open are still those under their names: what is written to a file that was removed or replaced is lost when it is closed. */
import { statSync } from 'node:fs'

/** The code of the error that {@link sameFiles} throws. */
export const FILE_GONE = 'STORE_FILE_GONE'

/**
 * Takes down what the files at `paths` are now, by device and inode; those that are not there are left out. The returned function throws once one of them
 * is gone, or another is in its place. Some microseconds a file.
 */
export function sameFiles(paths: readonly string[]): () => void {
  const opened = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat === undefined ? [] : [{ path, dev: stat.dev, ino: stat.ino }]
  })
  return () => {
    for (const { path, dev, ino } of opened) {
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat?.dev !== dev || stat.ino !== ino) throw gone(path, stat === undefined)
    }
  }
}

const gone = (path: string, isMissing: boolean): Error =>
  Object.assign(
    new Error(
      `${path} was ${isMissing ? 'removed' : 'replaced'} while the session store had it open: what is written now would be lost. Put that very file back, or restart this process, which then begins with what is there.`,
    ),
    { code: FILE_GONE },
  )
