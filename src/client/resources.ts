/** Which API a call goes to. */
import { check, checkCriteria, checkRest } from './check.js'
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
      const { url, via, upstream, audience = '', scope = '', criteria = {}, ...rest } = resource ?? {}
      const entry = `resources[${index}].`
      const must = (passes: boolean, member: keyof Resource, fix: string): void =>
        check(passes, entry + member, `must be ${fix}.`)
      // A host without its scheme would be taken for a path.
      const isAddress = typeof url === 'string' && /^(\/|https?:)/i.test(url) && URL.canParse(url, origin)
      const prefix = new URL(isAddress ? url : 'no:address', origin)
      must(/^https?:[^?#]*$/.test(prefix.href), 'url', 'an http(s) URL or a path, without query and fragment')
      must(via === undefined || via === 'bff', 'via', "'bff', or left out for direct calls")
      const isName = typeof upstream === 'string' && /^[\w-]+$/.test(upstream)
      must(via === undefined || isName, 'upstream', 'the name of one at the BFF')
      must(typeof audience === 'string', 'audience', 'a string')
      must(typeof scope === 'string', 'scope', 'a string')
      must(Object(criteria) === criteria, 'criteria', "an object like { acr: 'mfa' }")
      checkCriteria(criteria, `${entry}criteria.`)
      checkRest(rest, entry)
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
