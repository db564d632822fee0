/** A JWT with these claims; its signature is not one. */
export const jwt = (claims: object, header: object = { alg: 'RS256' }): string =>
  [JSON.stringify(header), JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
