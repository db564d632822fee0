/** The security headers of the app's files: safe ones by default, each of which can be set otherwise or left out. */
import type { Inline } from './inline.js'
import type { Site, StaticOptions } from './options.js'
import { frameOptions, policyOf, policyText, withInline } from './policy.js'
import type { Policy } from './policy.js'

/** Headers for the safety of a page that the server sets, and that can be set otherwise. */
export const securityHeaders = [
  'Strict-Transport-Security',
  'X-Content-Type-Options',
  'X-Frame-Options',
  'Referrer-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Resource-Policy',
  'Cross-Origin-Embedder-Policy',
  'Permissions-Policy',
  'Reporting-Endpoints',
] as const

/** One of them, by its name on the wire. */
export type SecurityHeader = (typeof securityHeaders)[number]

/** What no page of an ordinary app does, and no script that got into one shall. */
const unused =
  'accelerometer camera display-capture geolocation gyroscope hid magnetometer microphone midi payment serial usb xr-spatial-tracking'

/** A year, s. */
const HSTS = 'max-age=31536000'

/** Headers of the files. */
export interface FileHeaders {
  /** Those of all answers, but the policy. */
  readonly common: readonly (readonly [string, string])[]
  /** The policy for a file of this type, as a header; `null`: none. */
  policyFor(
    type: string,
    more?: { nonce?: string | undefined; inline?: Inline | undefined },
  ): readonly [string, string] | null
  /** What of it a browser keeps although the file is another one: goes into the entity tags. */
  readonly fingerprint: string
}

/**
 * A drawing is a document of its own where it is opened as one: no scripts then, and no forms. In an image its styles count, which stand
 * inside it.
 */
const DRAWING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
/** A picture, a sound or a film is shown by a page that the browser writes around it, with styles in it. */
const SHOWN = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"

/** The policy of what is no page, or `null`: that of the pages. */
function policyOfType(type: string, ancestors: readonly string[] | undefined): string | null {
  if (!/^(?:image|audio|video)\//.test(type)) return null
  const policy = type.startsWith('image/svg') ? DRAWING : SHOWN
  return ancestors === undefined ? policy : `${policy}; frame-ancestors ${ancestors.join(' ')}`
}

/** The headers that checked options ask for. */
export function headersOf(options: StaticOptions, site: Site): FileHeaders {
  const given = options.contentSecurityPolicy ?? {}
  const policy = policyOf(given, site)
  const changes = given === false ? {} : given
  const named = { ...defaults(site, policy), ...options.headers }
  const common = securityHeaders.flatMap((name): [string, string][] => {
    const value = named[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  const header =
    options.reportOnly === true ? 'Content-Security-Policy-Report-Only' : 'Content-Security-Policy'
  return {
    common,
    policyFor(type, { nonce, inline } = {}) {
      if (policy === null) return null
      const other = policyOfType(type, policy.get('frame-ancestors'))
      return other !== null
        ? ['Content-Security-Policy', other]
        : [header, policyText(inline === undefined ? policy : withInline(policy, inline, changes), nonce)]
    },
    fingerprint: JSON.stringify([common, header, policy === null ? null : policyText(policy)]),
  }
}

function defaults(site: Site, policy: Policy | null): Partial<Record<SecurityHeader, string>> {
  const frames = frameOptions(policy)
  return {
    // Of this host alone: others of its domain are not ours to speak for.
    ...(site.origin.startsWith('https:') && { 'Strict-Transport-Security': HSTS }),
    'X-Content-Type-Options': 'nosniff',
    ...(frames !== null && { 'X-Frame-Options': frames }),
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': unused
      .split(' ')
      .map((feature) => `${feature}=()`)
      .join(', '),
  }
}
