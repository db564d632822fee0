/** Lists in headers, whose elements may have quoted strings in them (RFC 9110 §5.6.1, §5.6.4). */

/**
 * What stands between the separators that are in no quoted string, the last first. It is read from the end: whoever is nearest to us wrote last, and a quote
 * that somebody before opened and never closed makes no difference to that. What it begins is left out. Takes as long as the text is.
 */
export function partsOf(value: string, separator: ',' | ';'): string[] {
  const parts: string[] = []
  let end = value.length
  let isQuoted = false
  for (let i = end - 1; i >= 0; i--) {
    const character = value[i]
    if (character === '"') isQuoted = !isQuoted || isEscaped(value, i)
    else if (character === separator && !isQuoted) {
      parts.push(value.slice(i + 1, end))
      end = i
    }
  }
  if (!isQuoted) parts.push(value.slice(0, end))
  return parts
}

/** Whether a quote is one of the text itself: after a backslash that is none itself. */
function isEscaped(value: string, at: number): boolean {
  let slash = at
  while (value[slash - 1] === '\\') slash--
  return (at - slash) % 2 === 1
}
