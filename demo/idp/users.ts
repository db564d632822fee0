import type { Account } from 'oidc-provider'

/** A user of the provider: the claims it can tell about them. `username` is what they type to sign in. */
export interface IdpUser {
  username: string
  claims: {
    sub: string
    name: string
    email: string
    preferred_username: string
    roles: string[]
    [claim: string]: unknown
  }
}

const user = (sub: string, name: string, roles: string[]): IdpUser => ({
  username: sub,
  claims: {
    sub,
    name,
    email: `${sub}@example.com`,
    email_verified: true,
    preferred_username: sub,
    roles,
  },
})

/** The two users of the demo. */
export const demoUsers = (): IdpUser[] => [
  user('alice', 'Alice Andersson', ['customer', 'admin']),
  user('bob', 'Bob Bergström', ['customer']),
]

/** The account of a `sub` as the library wants it; undefined where there is no such user (any more). */
export const accountOf = (users: ReadonlyMap<string, IdpUser>, sub: string): Account | undefined => {
  const found = users.get(sub)
  return found && { accountId: sub, claims: () => ({ ...found.claims }) }
}
