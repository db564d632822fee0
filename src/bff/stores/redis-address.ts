/** Where a Redis is, as it is configured: one address for one server, for sentinels and for a cluster. */
import type { ConnectionOptions } from 'node:tls'

/** A server by host and port. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

/** What {@link redisAddress} reads. */
export interface RedisAddress {
  /** One server, which may turn out to be a node of a cluster; a primary that sentinels know; or the first nodes of a cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster'
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  /** The name by which sentinels know the primary. */
  readonly primary: string | null
  readonly username: string | null
  readonly password: string | null
  /** The number of the database. */
  readonly db: number
  readonly tls: boolean
  /** What every key begins with. */
  readonly prefix: string
}

/** What an address does not say. */
export interface RedisCredentials {
  /** For `rediss:`: certificates, server name and the rest. */
  readonly tls?: ConnectionOptions
  /** How the sentinels are to be greeted, where they ask for it. */
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
}

/** How an address is written. */
export const REDIS_ADDRESS_FORM =
  'redis://[user:password@]host[:port][,host[:port]…][/db][?sentinel=NAME][&prefix=NAME], or rediss:// for TLS'

const FORM = /^(rediss?):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/i
const NODE = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i
const MOST_DATABASES = 1_000_000

/**
 * Reads an address of the form {@link REDIS_ADDRESS_FORM}. Several hosts are the first nodes of a cluster, or with `sentinel` the sentinels.
 * Throws an `Error` that says what is wrong, and never what the address is: there may be a password in it.
 */
export function redisAddress(url: string): RedisAddress {
  const [, scheme, credentials, hosts, path = '', query = ''] = FORM.exec(url) ?? wrong('is not of that form')
  const parameters = new URLSearchParams(query)
  for (const name of parameters.keys())
    if (name !== 'sentinel' && name !== 'prefix') wrong(`has the parameter ${name}, which is not known`)
  const primary = parameters.get('sentinel')
  if (primary === '') wrong('has an empty name after sentinel=')
  const [first, ...others] = (hosts ?? '')
    .split(',')
    .map((host) => nodeOf(host, primary === null ? 6379 : 26_379))
  if (first === undefined) return wrong('has no host')
  const kind = primary !== null ? 'sentinel' : others.length > 0 ? 'cluster' : 'server'
  const db = databaseOf(path)
  if (kind === 'cluster' && db !== 0) wrong('names a database, and a cluster has none')
  return {
    kind,
    nodes: [first, ...others],
    primary,
    db,
    ...credentialsOf(credentials),
    ...shape(scheme, parameters),
  }
}

function shape(
  scheme: string | undefined,
  parameters: URLSearchParams,
): Pick<RedisAddress, 'tls' | 'prefix'> {
  const prefix = parameters.get('prefix') ?? 'tandem:'
  // Braces would put every key into the same slot of a cluster.
  if (!/^[\w:.-]{1,100}$/.test(prefix))
    wrong('has a prefix with other characters than letters, digits and _ : . -')
  return { tls: scheme?.toLowerCase() === 'rediss', prefix }
}

function nodeOf(text: string, usual: number): RedisNode {
  const [, host, digits] = NODE.exec(text) ?? wrong('has a host that is none')
  const port = digits === undefined ? usual : Number(digits)
  if (port < 1 || port > 65_535) wrong('has a port beyond 65535')
  return { host: (host ?? '').replace(/^\[|\]$/g, ''), port }
}

function databaseOf(path: string): number {
  if (path === '') return 0
  const db = Number(path)
  return /^\d+$/.test(path) && db < MOST_DATABASES ? db : wrong('names a database that is no number')
}

function credentialsOf(text: string | undefined): Pick<RedisAddress, 'username' | 'password'> {
  if (text === undefined || text === '') return { username: null, password: null }
  const [username = '', ...password] = text.split(':')
  if (password.length === 0) wrong('has a user without a password')
  return { username: username === '' ? null : decoded(username), password: decoded(password.join(':')) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return wrong('has a user or password that is not percent-encoded right')
  }
}

function wrong(what: string): never {
  throw new Error(`the address of Redis ${what}`)
}
