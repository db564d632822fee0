/** Where the command listens: the app's listener, and the one for administrators beside it. */
import type { ServerOptions } from '../options.js'
import type { Fault } from '../validate-checks.js'

/** A place to listen at. */
export interface Address {
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
}

const HOST = '127.0.0.1'

/** Where the app's listener is. */
export const appAddress = ({ listen: { host = HOST, port = 3000 } = {} }: ServerOptions): Address => ({
  host,
  port,
})

/** Where the listener for administrators is, where there is one. */
export const adminAddress = ({ admin }: ServerOptions): Address | null =>
  admin === undefined ? null : { host: admin.listen.host ?? HOST, port: admin.listen.port }

/** The rule that no two listeners are at one place, and the options it reads. */
export const listenerRule: readonly [
  reads: readonly string[],
  faults: (options: ServerOptions) => readonly Fault[],
] = [['listen.host', 'listen.port', 'admin.listen.host', 'admin.listen.port'], samePlace]

function samePlace(options: ServerOptions): readonly Fault[] {
  const [app, admin] = [appAddress(options), adminAddress(options)]
  if (admin === null || admin.port === 0 || admin.port !== app.port || !overlap(app.host, admin.host))
    return []
  const which = options.listen?.port === undefined ? ' where nothing is said' : ''
  return [
    {
      option: 'admin.listen.port',
      message: `is ${admin.port}, and so is listen.port${which}: one of them could not listen. Choose another port for one, or 0 for any that is free.`,
    },
  ]
}

const families: readonly (readonly [any: string, family: RegExp])[] = [
  ['0.0.0.0', /^[^:]*$/],
  // Of both families, as Node listens there.
  ['::', /(?:)/],
]

/** Whether what listens at one host is in the way of the other: it is the same, or one is every address of its kind, or a name of this machine that may be the other. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [plain(one), plain(other)]
  const covers = (all: string, host: string): boolean =>
    families.some(([any, family]) => any === all && family.test(host)) ||
    (all === 'localhost' && (host === '127.0.0.1' || host === '::1'))
  return a === b || covers(a, b) || covers(b, a)
}

const plain = (host: string): string => host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
