/** What a session is bound to beside its cookie: the family of the browser and its platform, without versions. */

const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgi?A?(?:OS)?\//, 'Edge'],
  [/\b(?:OPR|Opera|OPiOS)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bYaBrowser\//, 'Yandex'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
]

const platforms: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMacintosh\b|\bMac OS X\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

/**
 * Brand and platform of a browser by its `User-Agent`, e.g. `Firefox on Linux`: the same after every update. A client that is no
 * browser is named by its first product; without the header, the empty string.
 */
export function userAgentFamily(userAgent: string | null): string {
  const text = userAgent?.slice(0, 512) ?? ''
  if (text === '') return ''
  const product = /^[\w.-]{1,40}/.exec(text)?.[0] ?? 'unknown'
  const browser = find(browsers, text) ?? (product === 'Mozilla' ? 'unknown' : product)
  const platform = find(platforms, text)
  return platform === undefined ? browser : `${browser} on ${platform}`
}

/** Whether a request may come from the browser the session belongs to. A request that does not say counts as such. */
export const sameFamily = (bound: string, now: string): boolean => bound === '' || now === '' || bound === now

const find = (table: readonly (readonly [RegExp, string])[], text: string): string | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1]
