/** What to change where an upstream cannot be asked: by the code of what happened, for the log. Pure. */

const advice: readonly (readonly [codes: RegExp, what: string])[] = [
  [
    /^ECONNREFUSED$/,
    'Nothing listens at its address: start it, or correct the host and port in upstreams.NAME.url.',
  ],
  [
    /^(?:ENOTFOUND|EAI_\w+|ENODATA)$/,
    'Its host has no address: correct upstreams.NAME.url, or the DNS that this machine asks.',
  ],
  [
    /^(?:EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
    'There is no way to its address from this machine: look at the network, and at upstreams.NAME.url.',
  ],
  [
    /^OUTSIDE_NETWORKS$/,
    'Its host has an address that is in none of upstreams.NAME.networks: correct the DNS entry, or add the range to networks.',
  ],
  [
    /^FORBIDDEN_ADDRESS$/,
    'Its host leads to an address of this machine’s own network, which no upstream is asked at: correct the DNS entry.',
  ],
  [/^NETWORKS_NEED_NODE$/, 'upstreams.NAME.networks needs Node: run the BFF there, or remove the option.'],
  [
    /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    'Its certificate is for another host: correct upstreams.NAME.url, or give it a certificate for that name.',
  ],
  [
    /^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    'Its certificate is out of date: renew it, or set the clock right.',
  ],
  [
    /^ERR_SSL_.*ALERT.*CERTIFICATE/,
    'It wants a certificate from whoever calls, or refuses the one it got: let it take calls of the BFF without one.',
  ],
  [
    /CERT|ISSUER|LEAF_SIGNATURE|SIGNATURE_FAILURE/,
    'Its certificate is not trusted here: name the authority that issued it in NODE_EXTRA_CA_CERTS, or give it a certificate of one that is known.',
  ],
  [
    /^(?:EPROTO$|ERR_SSL_|ERR_TLS_)/,
    'It does not speak TLS as this machine does: see whether upstreams.NAME.url should begin with http:.',
  ],
  [
    /^(?:HTTPParserError$|HPE_|UND_ERR_RES_CONTENT_LENGTH_MISMATCH$)/,
    'What it answers is not HTTP/1.1 from beginning to end: see whether upstreams.NAME.url has the right port, and should begin with https:; where the answer had begun, look into the upstream’s own log.',
  ],
  [
    /^UND_ERR_HEADERS_OVERFLOW$/,
    'The headers of its answer are too long: let it send fewer or shorter ones, cookies among them.',
  ],
  [
    /TIMEOUT|^ETIMEDOUT$/,
    'It takes longer than upstreams.NAME.timeout: look at the upstream, or give it more time.',
  ],
  [
    /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/,
    'It closed the connection before its answer was complete, or answered with another protocol: look into the upstream’s own log, and see whether upstreams.NAME.url should begin with https:.',
  ],
  [/^STATUS_NOT_PROXIED$/, 'It answered with a status that no page may get: 407, or none of HTTP’s.'],
  [
    /^nonce_required$/,
    'It asked for a nonce after a body that is too long to be sent again: the next try has the nonce.',
  ],
]

/** What to do about a cause; where nothing is known, where to look. */
export function adviceFor(code: string, upstream: string): string {
  const [, what = 'Look at the upstream, and at the way to it.'] =
    advice.find(([codes]) => codes.test(code)) ?? []
  return what.replaceAll('NAME', upstream)
}
