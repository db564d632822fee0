/** A server around a BFF: its doors, and the app's files beside them. */
import type { RequestListener } from 'node:http'
import { REQUEST_ID_HEADER } from '../../protocol.js'
import { ConfigurationError } from '../../errors.js'
import type { NodeHandler } from './adapter.js'
import { files } from './files.js'
import { listen } from './listen.js'
import type { Listening } from './listen.js'
import type { Timeouts } from './timeouts.js'

/** Where to listen, and what to serve beside the doors. */
export interface ServeOptions {
  /** Default `127.0.0.1`: this machine alone. */
  readonly host?: string
  /** Default 3000; 0: one that is free. */
  readonly port?: number
  /** A folder of files; unknown addresses that are asked for HTML get its `index.html`. Default: none. */
  readonly static?: string
  /** How long slow clients are waited for, s. */
  readonly timeouts?: Timeouts
}

/**
 * Serves a BFF on node:http: `await serve(bff, { port: 3000, static: './public' })`. Rejects with a `ConfigurationError`
 * where it cannot listen or there is no such folder. The BFF is its owner's: closing the server does not close it.
 */
export async function serve(
  bff: { readonly node: NodeHandler },
  options: ServeOptions = {},
): Promise<Listening> {
  const { host = '127.0.0.1', port = 3000 } = options
  if (typeof bff?.node !== 'function')
    throw new ConfigurationError('bff', 'is not what createBff made. Write serve(createBff(options)).')
  const { timeouts = {} } = options
  return listen(listenerOf(bff.node, options.static), { host, port, option: 'port', timeouts })
}

/** The doors behind `node`, and beside them the files of `folder`, where one is given. */
export function listenerOf(node: NodeHandler, folder: string | undefined): RequestListener {
  if (folder === undefined) return (request, response) => node(request, response)
  const beside = files(folder)
  return (request, response) =>
    node(request, response, (error) => {
      response.setHeader(REQUEST_ID_HEADER, crypto.randomUUID())
      if (error === undefined) return beside(request, response)
      response.writeHead(500, { 'Content-Type': 'text/plain' })
      response.end('Internal server error\n')
    })
}
