/** How a store is asked whether it does what it is for: reading is not enough, for one whose disk or memory is full still reads. */

/** For how long a write that was taken stands for the next ones, ms: whoever asks often makes no work for the disk. */
export const WRITE_STANDS = 1_000

/** A store's `ping`: a `write`, where the last one that was taken is older than {@link WRITE_STANDS}; else a `read`. After one that failed, always a write. */
export function createProbe(
  read: () => unknown,
  write: () => unknown,
  clock = (): number => performance.now(),
): () => Promise<void> {
  let taken = -Infinity
  return async () => {
    const now = clock()
    if (now - taken < WRITE_STANDS) {
      await read()
      return
    }
    taken = -Infinity
    await write()
    taken = now
  }
}
