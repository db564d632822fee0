/** The entry `tandem-session/bff/node`: a BFF as a server of its own, in three lines. */
export type {
  NodeAdapter,
  NodeHandler,
  NodeMiddleware,
  NodeNext,
  NodeRequest,
  NodeResponse,
} from './node/adapter.js'
export type { Listening } from './node/listen.js'
export { serve } from './node/serve.js'
export type { ServeOptions } from './node/serve.js'
export type { Timeouts } from './node/options.js'
export type { Directive } from './static/directives.js'
export type { SecurityHeader } from './static/headers.js'
export type { PolicyOptions, Site, StaticOptions } from './static/options.js'
export type { RouteContext } from './route.js'
