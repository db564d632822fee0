import { DAY, TWO_WEEKS } from './durations.js'

/** A resource as Mosaic configures it (`/v1/resources`); durations in seconds. */
export interface MosaicResource {
  name: string
  /** Absolute URI: what `resource` names in a request, and `aud` in the access token. */
  uri: string
  /** Default 3600. */
  access_token_ttl?: number
  /** How long one refresh token may be used. Default 14 days. */
  refresh_token_ttl?: number
  /** "Session expiration" in the admin portal: how long after the first one refresh tokens are rotated at all. Default 14 days. */
  max_refresh_rotate?: number
}

/** A set of lifetimes with nothing left open, in seconds. */
export interface TokenLifetimes {
  access_token_ttl: number
  refresh_token_ttl: number
  max_refresh_rotate: number
}

export const DEFAULT_TOKEN_LIFETIMES: Readonly<TokenLifetimes> = {
  access_token_ttl: 3600,
  refresh_token_ttl: TWO_WEEKS,
  max_refresh_rotate: TWO_WEEKS,
}

/** @throws {RangeError} where a duration is no whole number of seconds above 0, or longer than ten years */
export const checkSeconds = (owner: string, durations: object): void => {
  for (const [name, value] of Object.entries(durations)) {
    if (Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= 3650 * DAY) continue
    throw new RangeError(
      `${owner}: ${name} is ${String(value)}; give whole seconds, from 1 on, at most ten years`,
    )
  }
}

/** The resources of a tenant, by URI. What `get` hands out may be changed; the next token sees it. */
export interface Resources {
  /** @throws {TypeError | RangeError} naming what is wrong with it */
  add(resource: MosaicResource): MosaicResource
  get(uri: string): MosaicResource | undefined
  list(): MosaicResource[]
}

/** A tenant's resources, none yet. */
export const createResources = (): Resources => {
  const known = new Map<string, MosaicResource>()
  return {
    add: (resource) => {
      const { name, uri, ...durations } = resource
      if (!URL.canParse(uri) || uri.includes('#'))
        throw new TypeError(`resource "${name}": uri must be an absolute URI without fragment, not "${uri}"`)
      checkSeconds(`resource "${name}"`, durations)
      known.set(uri, resource)
      return resource
    },
    get: (uri) => known.get(uri),
    list: () => [...known.values()],
  }
}
