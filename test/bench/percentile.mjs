// @ts-check
/**
 * The smallest value that so many percent of the values do not exceed (nearest rank): one that was measured.
 * @param {readonly number[]} values @param {number} percent 0 to 100 @returns {number} @throws {RangeError} where there are none
 */
export function percentile(values, percent) {
  const sorted = values.toSorted((one, other) => one - other)
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
  if (found === undefined) throw new RangeError('Nothing was measured.')
  return found
}
