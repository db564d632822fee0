// @ts-check
/** @param {readonly number[]} values @param {number} percent the nearest rank: a value that was measured */
export function percentile(values, percent) {
  const sorted = values.toSorted((one, other) => one - other)
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
  if (found === undefined) throw new RangeError('Nothing was measured.')
  return found
}
