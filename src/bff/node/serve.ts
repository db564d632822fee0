/** A server around a BFF: its doors, and the app's files beside them. */
import type { RequestListener } from 'node:http'
import { REQUEST_ID_HEADER } from '../../protocol.js'
import { ConfigurationError } from '../../errors.js'
import { folderFaults } from '../static/folder.js'
import { staticFiles } from '../static/validate.js'
import { refuseAll } from '../validate.js'
import { findingsOf } from '../validate-checks.js'
import { files } from '../static/files.js'
import type { Files } from '../static/files.js'
import type { Site, StaticOptions } from '../static/options.js'
import type { NodeAdapter, NodeHandler } from './adapter.js'
import { sendFailure, sendManyHosts } from './handlers.js'
import { hostsIn } from './incoming.js'
import { listen } from './listen.js'
import type { Listening } from './listen.js'
import type { Timeouts } from './options.js'
import type { Hearing } from './unreadable.js'

/** Where to listen, and what to serve beside the doors. */
export interface ServeOptions {
  /** Default `127.0.0.1`: this machine alone. */
  readonly host?: string
  /** Default 3000; 0: one that is free. */
  readonly port?: number
  /** A folder of files; unknown addresses that are asked for HTML get its `index.html`. With options: as an object. Default: none. */
  readonly static?: string | StaticOptions
  /** How long slow clients are waited for, s. */
  readonly timeouts?: Timeouts
}

/** What is assumed of doors that tell nothing of themselves. */
const unknown: Site = { origin: '', basePath: '/bff', idp: [] }

/**
 * Serves a BFF on node:http: `await serve(bff, { port: 3000, static: './public' })`. Rejects with a `ConfigurationError`
 * where it cannot listen, the folder of `static` cannot be served, or another of its options is wrong. The BFF is its owner's: closing the server does not close it.
 */
export async function serve(
  bff: { readonly node: NodeHandler & Partial<Pick<NodeAdapter, 'site'>> },
  options: ServeOptions = {},
): Promise<Listening> {
  const { host = '127.0.0.1', port = 3000 } = options
  if (typeof bff?.node !== 'function')
    throw new ConfigurationError('bff', 'is not what createBff made. Write serve(createBff(options)).')
  const { timeouts = {}, static: given } = options
  if (given !== undefined) checkFiles(given)
  const beside = given === undefined ? undefined : files(given, bff.node.site ?? unknown)
  return listen(listenerOf(bff.node, beside), { host, port, option: 'port', timeouts })
}

/** Nothing, where files can be served as `static` says; else everything that is in the way. */
function checkFiles(given: string | StaticOptions): void {
  const path = ['static']
  const { faults, right } = findingsOf(() => staticFiles(given, path, null), given, path, null)
  refuseAll([...faults, ...folderFaults(right, path)])
}

/** The doors behind `node`, and beside them files, where there are any. */
export function listenerOf(
  node: NodeHandler & Hearing,
  beside: Files | undefined,
): RequestListener & Hearing {
  const { unreadable } = node
  const listener: RequestListener =
    beside === undefined
      ? (request, response) => node(request, response)
      : (request, response) =>
          node(request, response, (error) => {
            if (error !== undefined) return sendFailure(response)
            // The doors have looked themselves.
            if (hostsIn(request) > 1) return sendManyHosts(response)
            response.setHeader(REQUEST_ID_HEADER, crypto.randomUUID())
            beside(request, response)
          })
  return unreadable === undefined ? listener : Object.assign(listener, { unreadable })
}
