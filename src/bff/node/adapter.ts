/**
 * `bff.node`: the BFF as a handler of node:http, and as a middleware of Express and Fastify. Proxied calls take a way of
 * their own from socket to socket, without `Request` and `Response`. What needs Node is loaded at the first request, so
 * that this file runs everywhere.
 */
import type { Criteria } from '../../session/session.js'
import type { RouteContext } from '../route.js'
import type { Site } from '../static/options.js'
import { validateCriteria } from '../validate.js'
import type { NodeCore } from './core.js'

/** A request of node:http, as far as it must be known; those of Express and Fastify (`request.raw`) are such. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
}

/** An answer of node:http. */
export interface NodeResponse {
  readonly headersSent: boolean
  readonly writableEnded: boolean
}

/** Calls what comes next, with an error where something is broken. */
export type NodeNext = (error?: Error) => void

/** Answers the request, or calls `next` where it is none of the BFF's. Without `next` those get a 404. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: NodeNext) => void

/** Behind this, `request.tandem` is there: see {@link RouteContext}. */
export type NodeMiddleware = (request: NodeRequest, response: NodeResponse, next: NodeNext) => void

/** `bff.node`. */
export interface NodeAdapter extends NodeHandler {
  /**
   * A middleware that lets in whoever meets `criteria`, and answers everybody else itself. Throws a `ConfigurationError` for
   * criteria that are none.
   */
  protect(criteria?: Criteria): NodeMiddleware
  /** What files that are served beside the doors must know of them. */
  readonly site: Site
}

declare global {
  // eslint-disable-next-line typescript/no-namespace -- the way Express lets requests be extended; needs no types of it
  namespace Express {
    interface Request {
      /** Who calls. Only there behind `bff.node.protect()`. */
      tandem: RouteContext
    }
  }
}

/** The adapter of a BFF; what is told of it beside its core is for the files next to it. */
export function nodeAdapter(
  core: NodeCore,
  { idp, mediatesTokens = false }: Pick<Site, 'idp' | 'mediatesTokens'> = { idp: [] },
): NodeAdapter {
  type Handlers = ReturnType<(typeof import('./handlers.js'))['handlersOf']>
  let loaded: Handlers | undefined
  const load = async (): Promise<Handlers> => (loaded ??= (await import('./handlers.js')).handlersOf(core))

  const handle: NodeHandler = (request, response, next) => {
    if (loaded !== undefined) return loaded.handle(request, response, next)
    load().then((handlers) => handlers.handle(request, response, next), next)
  }
  const protect = (criteria: Criteria = {}): NodeMiddleware => {
    const demanded = validateCriteria(criteria)
    return (request, response, next) => {
      load().then((handlers) => handlers.protect(demanded, request, response, next), next)
    }
  }
  const { origin, basePath } = core
  return Object.assign(handle, { protect, site: { origin, basePath, idp, mediatesTokens } })
}
