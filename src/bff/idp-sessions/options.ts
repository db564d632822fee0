/** The IDP's own API for its sessions. */
export interface SessionsApiOptions {
  /** The API host, e.g. `https://api.transmitsecurity.io`. */
  url?: string
  /** A client of its own that may administer sessions; without it only logouts reach the API. */
  clientId?: string
  clientSecret?: string
  /** At a logout with scope `idp`, also end the user's sessions at the IDP by its Logout API and SSO logout. Default false. */
  logout?: boolean
}

/** The same, checked and complete; `null` where there is none. */
export type ResolvedSessionsApi = {
  readonly url: string
  /** `null`: nobody can administer sessions. */
  readonly client: { readonly clientId: string; readonly clientSecret: string } | null
  readonly logout: boolean
} | null
