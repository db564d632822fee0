import { expect, it } from 'vitest'
import { adviceFor } from '../../../src/bff/upstream/advice.js'

it.each([
  ['ECONNREFUSED', /upstreams\.orders\.url/],
  ['ENOTFOUND', /DNS/],
  ['EAI_AGAIN', /DNS/],
  ['ENETUNREACH', /network/],
  ['OUTSIDE_NETWORKS', /upstreams\.orders\.networks/],
  ['FORBIDDEN_ADDRESS', /correct the DNS entry/],
  ['NETWORKS_NEED_NODE', /needs Node/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /for another host/],
  ['CERT_HAS_EXPIRED', /renew it/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /NODE_EXTRA_CA_CERTS/],
  ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /NODE_EXTRA_CA_CERTS/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', /begin with http:/],
  ['EPROTO', /begin with http:/],
  ['HTTPParserError', /not HTTP\/1\.1/],
  ['UND_ERR_HEADERS_TIMEOUT', /upstreams\.orders\.timeout/],
  ['UND_ERR_SOCKET', /closed the connection.*upstreams\.orders\.url should begin with https:/],
  ['UND_ERR_HEADERS_OVERFLOW', /headers of its answer are too long/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /wants a certificate/],
  ['STATUS_NOT_PROXIED', /407/],
  ['nonce_required', /nonce/],
  ['EVERYTHING_ELSE', /^Look at the upstream/],
])('%s says what to change', (code, says) => {
  expect(adviceFor(code, 'orders')).toMatch(says)
  expect(adviceFor(code, 'orders')).not.toContain('NAME')
})
