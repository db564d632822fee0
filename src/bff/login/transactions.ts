/**
 * Logins that are on their way, sealed in one cookie: the newest four, so that several tabs may sign in at once, and when the last
 * ones came back. Nothing of them is kept at the server.
 */
import { sha256, toBase64Url } from '../bytes.js'
import { MAX_COOKIE } from '../cookies.js'
import type { Cookies } from '../cookies.js'
import { packed, unpacked } from '../dpop/key.js'
import type { DpopKey } from '../dpop/key.js'
import type { Edges } from '../edges.js'
import type { Sealing } from '../sealing.js'

/** A login on its way. */
export interface Transaction {
  /** Names it at the IDP, and in the cookie. */
  readonly state: string
  /** What its nonce and its PKCE verifier are made of. */
  readonly seed: string
  readonly returnTo: string
  /** ms since the epoch */
  readonly startedAt: number
  /** The store's key of the session it was started from: its cookie does not come along from the IDP. */
  readonly from: string | null
  /** The `max_age` asked for, s. */
  readonly maxAge: number | null
  readonly resource: string | null
  /** The key its tokens are to be bound to (RFC 9449); absent where they are Bearer tokens. */
  readonly dpopKey?: DpopKey
}

/** What the login cookie holds. */
export interface LoginState {
  /** Newest first. */
  readonly transactions: readonly Transaction[]
  /** When logins came back lately and led to no used session; ms since the epoch. */
  readonly returns: readonly number[]
}

/** Reads and writes the login cookie. */
export interface Transactions {
  read(cookie: string | undefined): Promise<LoginState>
  /** The `Set-Cookie` for a state; the oldest logins go where a cookie cannot hold them. */
  write(state: LoginState): Promise<string>
  /** An answer that came by POST, sealed, for an address: nobody reads a code there. `null` where it is longer than an answer is. */
  carry(answer: URLSearchParams): Promise<string | null>
  /** The answer that was carried; empty where it is none. */
  carried(text: string): Promise<URLSearchParams>
  /** A new login. */
  start(login: Omit<Transaction, 'state' | 'seed' | 'startedAt'>): Transaction
}

/** How long a login may take, ms. */
export const LOGIN_LIFETIME = 600_000
const MOST_TRANSACTIONS = 4
/** Within how long, ms, how many returns without a used session are a loop. */
const LOOP_WINDOW = 60_000
const LOOP_RETURNS = 3

/** The longest answer that is carried on in an address, characters. */
const LONGEST_ANSWER = 6000

const PURPOSE = { purpose: 'login', place: 'cookie', with: '' }
const CARRIED = { purpose: 'login', place: 'address', with: '' }

/** Makes the transactions. */
export function createTransactions(sealing: Sealing, cookies: Cookies, edges: Edges): Transactions {
  const current = ({ transactions, returns }: LoginState): LoginState => {
    const now = edges.now()
    return {
      transactions: transactions
        .filter(({ startedAt }) => startedAt + LOGIN_LIFETIME > now)
        .slice(0, MOST_TRANSACTIONS),
      returns: returns.filter((at) => at + LOOP_WINDOW > now).slice(-LOOP_RETURNS),
    }
  }

  return {
    async read(cookie) {
      if (cookie === undefined || cookie === '') return none
      const text = await sealing.open(cookie, PURPOSE)
      return text === null ? none : current(unpack(JSON.parse(text) as Packed))
    },
    async write(state) {
      const { transactions, returns } = current(state)
      for (let kept = transactions; kept.length > 0 || returns.length > 0; kept = kept.slice(0, -1)) {
        const value = await sealing.seal(JSON.stringify(pack({ transactions: kept, returns })), PURPOSE)
        if (cookies.names.login.length + 1 + value.length <= MAX_COOKIE)
          return cookies.set('login', value, LOGIN_LIFETIME / 1000)
      }
      return cookies.expire('login')
    },
    async carry(answer) {
      const text = answer.toString()
      return text.length > LONGEST_ANSWER ? null : sealing.seal(text, CARRIED)
    },
    carried: async (text) => new URLSearchParams((await sealing.open(text, CARRIED)) ?? ''),
    start: (login) => ({
      ...login,
      state: toBase64Url(edges.random(16)),
      seed: toBase64Url(edges.random(16)),
      startedAt: edges.now(),
    }),
  }
}

/** Nothing on its way. */
export const none: LoginState = { transactions: [], returns: [] }

/** Whether logins go in circles: three came back within a minute, and none led to a used session. */
export const isLooping = ({ returns }: LoginState): boolean => returns.length >= LOOP_RETURNS

/** The secrets of a login: none of them can be told from another. */
export async function secretsOf({ seed }: Transaction): Promise<{ nonce: string; verifier: string }> {
  return { nonce: await sha256(`nonce ${seed}`), verifier: await sha256(`verifier ${seed}`) }
}

// As short as can be: four of them have to fit into a cookie.
type PackedLogin = [
  ...[string, string, string, number, string | null, number | null, string | null],
  ...([] | [key: string]),
]
type Packed = [PackedLogin[], number[]]

const pack = ({ transactions, returns }: LoginState): Packed => [
  transactions.map(({ state, seed, returnTo, startedAt, from, maxAge, resource, dpopKey }): PackedLogin => [
    ...([state, seed, returnTo, startedAt, from, maxAge, resource] as const),
    ...(dpopKey === undefined ? ([] as const) : ([packed(dpopKey)] as const)),
  ]),
  [...returns],
]

const unpack = ([transactions, returns]: Packed): LoginState => ({
  transactions: transactions.map(([state, seed, returnTo, startedAt, from, maxAge, resource, key]) => ({
    state,
    seed,
    returnTo,
    startedAt,
    from,
    maxAge,
    resource,
    ...(key !== undefined && { dpopKey: unpacked(key) }),
  })),
  returns,
})
