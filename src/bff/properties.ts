/** The properties of a client that its session is bound to beside the cookie (OWASP Session Management, "Binding the Session ID to Other User Properties"). */
import { addressIn, isIn, prefixOf, rangeIn } from './addresses.js'
import type { PrefixLengths } from './addresses.js'
import { sameFamily, userAgentFamily } from './binding.js'
import { thumbprintIn } from './client-certificate.js'
import type { Log } from './log.js'
import type { BoundProperty, MismatchPolicy, ResolvedOptions } from './options.js'
import type { Visit } from './visit.js'

/** What a session is bound to, as far as nobody must see it: sealed in its content. What is not there is not bound. */
export interface Binding {
  /** The range of the address it began at: never the address itself. */
  readonly ip?: string
  /** Thumbprint of the client certificate. */
  readonly clientCertificate?: string
}

/** What a request says of its client now. */
export interface Properties {
  /** Family and platform; empty where it does not say. */
  readonly userAgent: string
  /** `null` where it is not known. */
  readonly ip: string | null
  readonly clientCertificate: string | null
}

/** A property that is not as it was. */
export interface Mismatch {
  readonly property: BoundProperty
  readonly bound: string
  readonly now: string | null
  readonly policy: MismatchPolicy
}

type BindTo = ResolvedOptions['session']['bindTo']

/** What a request says of its client, as far as sessions are bound to it. Throws where the address is needed and cannot be told. */
export async function propertiesOf(visit: Visit, bindTo: BindTo): Promise<Properties> {
  const { headers } = visit.head
  const { clientAddress } = visit.connection
  if (bindTo.ip !== false && (clientAddress === null || addressIn(clientAddress) === null))
    throw new Error(
      `session.bindTo.ip: the address of the client cannot be told (${clientAddress ?? 'the connection has none'}).`,
    )
  return {
    userAgent: userAgentFamily(headers.get('user-agent')),
    ip: bindTo.ip === false ? null : clientAddress,
    clientCertificate: await thumbprintIn(certificateIn(visit, bindTo)),
  }
}

/** What a proxy that is trusted tells of the client's certificate; `null` where it tells nothing. */
function certificateIn({ head, connection }: Visit, { clientCertificate }: BindTo): string | null {
  if (clientCertificate === false || connection.isProxied !== true) return null
  return head.headers.get(clientCertificate.header)?.trim() || null
}

/** What a session that begins with this request keeps of its client. Warns of a certificate that cannot be read: it is bound to none. */
export async function clientOf(
  visit: Visit,
  bindTo: BindTo,
  log: Log,
): Promise<{ readonly userAgent: string; readonly boundTo?: Binding }> {
  const { userAgent, ip, clientCertificate } = await propertiesOf(visit, bindTo)
  if (clientCertificate === null && certificateIn(visit, bindTo) !== null)
    log.warn(
      { event: 'client_certificate_unreadable', request: visit.id },
      'session.bindTo.clientCertificate: the header names no certificate that can be read, so this session is bound to none. Have the proxy send it in a form of RFC 9440, as PEM, or as its thumbprint.',
    )
  if (ip === null && clientCertificate === null) return { userAgent }
  const range = bindTo.ip === false ? null : shortened(ip, bindTo.ip)
  return {
    userAgent,
    boundTo: {
      ...(range !== null && { ip: range }),
      ...(clientCertificate !== null && { clientCertificate }),
    },
  }
}

/**
 * What is not as it was when the session began, of all that sessions are bound to now. A request that does not say which browser it is from
 * counts as one of the same; one without the certificate does not.
 */
export function mismatches(
  bound: Binding & { readonly userAgent: string },
  now: Properties,
  bindTo: BindTo,
): Mismatch[] {
  const { onMismatch } = bindTo
  const found: Mismatch[] = []
  const not = (property: BoundProperty, was: string, is: string | null): void =>
    void found.push({ property, bound: was, now: is, policy: onMismatch[property] })

  if (bindTo.userAgent !== false && !sameFamily(bound.userAgent, now.userAgent))
    not('userAgent', bound.userAgent, now.userAgent)
  if (bindTo.ip !== false && bound.ip !== undefined && !isWithin(now.ip, bound.ip))
    not('ip', bound.ip, shortened(now.ip, bindTo.ip))
  if (
    bindTo.clientCertificate !== false &&
    bound.clientCertificate !== undefined &&
    now.clientCertificate !== bound.clientCertificate
  )
    not('clientCertificate', bound.clientCertificate, now.clientCertificate)
  return found
}

/** Whether an address is in the range of another: with as many bits as were bound, whatever the configuration says since. */
function isWithin(ip: string | null, range: string): boolean {
  const address = ip === null ? null : addressIn(ip)
  const bound = rangeIn(range)
  return address !== null && bound !== null && isIn(address, bound)
}

/** An address as it may be told: no more of it than sessions are bound to. */
function shortened(ip: string | null, lengths: PrefixLengths): string | null {
  const address = ip === null ? null : addressIn(ip)
  return address === null ? null : prefixOf(address, lengths)
}
