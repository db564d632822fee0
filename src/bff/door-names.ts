/** How a request is called in logs and metrics: by its door or upstream. What else is in its path users write: it may be a token. */
import { doors, idpDoors } from '../protocol.js'

/** The name of a request. */
export interface DoorName {
  /** For metrics: `login`, `api/NAME`, `healthz`; `other` for the app's files and whatever is no door. */
  readonly door: string
  /** For logs: the path up to where it is the user's own, e.g. `/bff/session` or `/bff/api/NAME`; absent where that is all of it. */
  readonly path?: string
  /** The upstream, where it is a call of one. */
  readonly upstream?: string
}

/** What tells doors and upstreams apart. */
export interface NamedDoors {
  /** Default `/bff`. */
  readonly basePath?: string | undefined
  readonly upstreams: Iterable<string>
}

/** Makes the names: the function gives the one of a path, with or without its query. */
export function doorNames({ basePath = '/bff', upstreams }: NamedDoors): (address: string) => DoorName {
  const api = `${basePath}${doors.api}`
  const names = new Map<string, DoorName>()
  for (const door of [...Object.values(doors), ...Object.values(idpDoors)])
    if (door !== doors.api) names.set(basePath + door, { door: door.slice(1), path: basePath + door })
  for (const probe of ['healthz', 'readyz']) names.set(`/${probe}`, { door: probe, path: `/${probe}` })
  for (const upstream of upstreams)
    names.set(api + upstream, { door: `api/${upstream}`, path: api + upstream, upstream })
  const noUpstream: DoorName = { door: 'other', path: api.slice(0, -1) }
  const noDoor: DoorName = { door: 'other', path: basePath }
  const others: DoorName = { door: 'other' }

  return (address) => {
    const query = address.indexOf('?')
    const path = query === -1 ? address : address.slice(0, query)
    if (path.startsWith(api)) {
      const end = path.indexOf('/', api.length)
      return names.get(end === -1 ? path : path.slice(0, end)) ?? noUpstream
    }
    return names.get(path) ?? (path.startsWith(`${basePath}/`) ? noDoor : others)
  }
}
