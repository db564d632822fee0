/** Which API a call goes to. */
import { ConfigurationError } from '../errors.js'
import type { Resource } from './oauth-client.js'

/** A resource with its prefix resolved. */
export interface ResolvedResource {
  readonly resource: Resource
  readonly prefix: URL
}

/**
 * Resolves and checks the resources of a client, longest prefix first.
 * @throws ConfigurationError naming the entry and the fix
 */
export function resolveResources(resources: readonly Resource[], origin: string): ResolvedResource[] {
  return resources
    .map((resource, index): ResolvedResource => {
      const option = `resources[${index}]`
      if (typeof resource?.url !== 'string' || !URL.canParse(resource.url, origin)) {
        throw new ConfigurationError(`${option}.url`, 'must be an absolute URL or a path like /api/.')
      }
      const prefix = new URL(resource.url, origin)
      const check = (member: keyof Resource, passes: boolean, fix: string): void => {
        if (!passes) throw new ConfigurationError(`${option}.${member}`, fix)
      }
      const { via, upstream, audience = '', scope = '', criteria = {} } = resource
      const isPrefix = /^https?:$/.test(prefix.protocol) && prefix.search === '' && prefix.hash === ''
      check('url', isPrefix, 'must be an http(s) prefix without query and fragment.')
      check('via', via === undefined || via === 'bff', "can only be 'bff'; leave it out for direct calls.")
      const isNamed = via === undefined || /^[\w-]+$/.test(upstream ?? '')
      check('upstream', isNamed, 'must be the name of an upstream at the BFF, e.g. orders.')
      check('audience', typeof audience === 'string', 'must be a string.')
      check('scope', typeof scope === 'string', 'must be a string, scopes with a space between them.')
      check('criteria', Object(criteria) === criteria, "must be an object, e.g. { acr: 'mfa' }.")
      return { resource, prefix }
    })
    .sort((a, b) => b.prefix.href.length - a.prefix.href.length)
}

/** The resource whose prefix `url` lies under: whole path segments only. */
export function findResource(resources: readonly ResolvedResource[], url: URL): ResolvedResource | undefined {
  return resources.find(
    ({ prefix }) =>
      prefix.origin === url.origin &&
      (url.pathname === prefix.pathname || url.pathname.startsWith(folderOf(prefix))),
  )
}

/** What follows the prefix in `url`, with the query: the path below `/bff/api/{upstream}/`. */
export function restOf({ prefix }: ResolvedResource, url: URL): string {
  return url.pathname.slice(folderOf(prefix).length) + url.search
}

const folderOf = ({ pathname }: URL): string => (pathname.endsWith('/') ? pathname : `${pathname}/`)
