/** A browser as far as a socket sees it: a jar of cookies, and the headers that tell who made the request. */
import { cookieNames } from '../../src/protocol.js'
import { bytesFor, read, requestText } from './wire.js'
import type { Asking, HeaderList, WireAnswer } from './wire.js'

/** What a browser says of a call by a page of the app. */
export const BY_PAGE = {
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
}
/** Of an address the user typed. */
export const BY_USER = {
  ...{ Accept: 'text/html', 'Sec-Fetch-User': '?1' },
  ...{ 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
}
/** Of a link on another site. */
export const BY_LINK = { ...BY_USER, 'Sec-Fetch-Site': 'cross-site' }

/** A browser. */
export class Visitor {
  readonly jar = new Map<string, string>()
  readonly #port: number
  readonly #origin: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(port: number, origin: string, headers: Record<string, string> = {}) {
    this.#port = port
    this.#origin = origin
    this.#headers = headers
  }

  /** The same browser at another instance; its cookies are shared. */
  at({ port }: { readonly port: number }): Visitor {
    const there = new Visitor(port, this.#origin, this.#headers)
    Object.defineProperty(there, 'jar', { value: this.jar })
    return there
  }

  cookie(name: keyof typeof cookieNames): string {
    return this.jar.get(cookieNames[name]) ?? ''
  }

  /** The `Cookie` header; of some cookies alone where they are named. */
  cookies(...only: (keyof typeof cookieNames)[]): string {
    const names = only.map((name) => cookieNames[name] as string)
    return [...this.jar]
      .filter(([name]) => names.length === 0 || names.includes(name))
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
  }

  /** Sends a request with the jar's cookies and these headers, and keeps the cookies of the answer. */
  async send(path: string, asking: Asking = {}): Promise<WireAnswer> {
    const given = asking.headers ?? {}
    const own: HeaderList = Array.isArray(given) ? (given as HeaderList) : Object.entries(given)
    const has = (name: string): boolean => own.some(([one]) => one.toLowerCase() === name)
    const base: HeaderList = [
      ...(this.jar.size === 0 || has('cookie') ? [] : [['Cookie', this.cookies()] as const]),
      ...Object.entries(this.#headers).filter(([name]) => !has(name.toLowerCase())),
    ]
    const host = this.#origin.slice('http://'.length)
    const text = requestText(host, path, { ...asking, headers: [...base, ...own] })
    const answer = read(await bytesFor(this.#port, text))
    for (const cookie of answer.all('set-cookie')) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(cookie) ?? []
      if (/;\s*Max-Age=0(?:;|$)/i.test(cookie)) this.jar.delete(name)
      else this.jar.set(name, value)
    }
    return answer
  }

  /** Goes to an address, by default as a user who typed it. */
  visit(path: string, headers: Record<string, string> = {}): Promise<WireAnswer> {
    return this.send(path, { headers: { ...BY_USER, ...headers } })
  }

  /** Calls as a page of the app does, with the token of the session. */
  call(
    path: string,
    asking: Asking & { readonly headers?: Record<string, string> } = {},
  ): Promise<WireAnswer> {
    const { method = 'GET', headers, ...rest } = asking
    const origin = method === 'GET' || method === 'HEAD' ? {} : { Origin: this.#origin }
    const token = this.cookie('csrf') || '1'
    return this.send(path, {
      ...rest,
      method,
      headers: { ...BY_PAGE, ...origin, 'X-CSRF-Token': token, ...headers },
    })
  }

  /** Whether `GET /session` says that somebody is signed in, and everything it says. */
  async session(): Promise<Record<string, unknown>> {
    return (await this.call('/bff/session')).json()
  }

  /** Begins a login; the address at the provider. */
  async beginLogin(query = '?return_to=/app'): Promise<URL> {
    const answer = await this.visit(`/bff/login${query}`)
    return new URL(answer.header('location') ?? 'about:blank')
  }

  /** What the provider answers there: the path and query of the callback. */
  async authorize(address: URL): Promise<string> {
    const answer = await fetch(address, { redirect: 'manual' })
    const back = new URL(answer.headers.get('location') ?? 'about:blank')
    return back.pathname + back.search
  }

  /** Goes there as a redirect from the provider does: the cookies that are strictly same-site stay behind. */
  comeBack(callback: string): Promise<WireAnswer> {
    const cookie = this.cookies('login', 'hint')
    return this.visit(callback, { ...BY_LINK, ...(cookie !== '' && { Cookie: cookie }) })
  }

  /** The whole of it. */
  async signIn(query?: string): Promise<WireAnswer> {
    return this.comeBack(await this.authorize(await this.beginLogin(query)))
  }
}
