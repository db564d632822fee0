import type { AuthorizationRequest, Engine } from '../../src/oidc/engine.js'
import type { News } from '../../src/oidc/answers.js'
import type { World } from '../../src/oidc/settings.js'
import { tokensFrom, type Tokens } from '../../src/oidc/tokens.js'
import type { Transaction } from '../../src/oidc/transactions.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

/** An engine whose answers a test gives, one by one, and what it was asked for. */
export interface ScriptedEngine extends Engine {
  readonly asked: string[]
  /** The authorization requests among it. */
  readonly begun: AuthorizationRequest[]
  /** What the next call of this kind comes to. Without one: tokens, or an address. */
  answers: {
    exchange?: (() => Promise<Tokens>) | undefined
    refresh?: () => Promise<Tokens>
    /** `session_state` of an answer without an exchange. */
    check?: () => Promise<string | undefined>
    time?: () => Promise<void>
    url?: (() => Promise<string>) | undefined
  }
  /** The transaction that an answer with `state` belongs to. */
  transactions: Map<string, Transaction>
}

let issued = 0

/** Tokens of `sub`, each time others. */
export const tokensOf = (sub = 'alice'): Tokens =>
  tokensFrom(
    { access_token: `access-${(issued += 1)}`, refresh_token: `refresh-${issued}`, expires_in: 300 + issued },
    { nonce: 'n', scope: ['openid'], audience: [] },
    { sub, iat: 1 },
    Date.now(),
  )

export const transaction = (more: Partial<Transaction> = {}): Transaction => ({
  kind: 'login',
  returnTo: '/wanted',
  nonce: 'n',
  maxAge: undefined,
  audience: [],
  begunAt: 0,
  ...more,
})

export const createScriptedEngine = (): ScriptedEngine => {
  const asked: string[] = []
  const begun: AuthorizationRequest[] = []
  const engine: ScriptedEngine = {
    asked,
    begun,
    answers: {},
    transactions: new Map(),
    authorizationUrl: async (request) => {
      const { kind, returnTo } = request
      asked.push(`${kind} ${returnTo}`)
      begun.push(request)
      return (await engine.answers.url?.()) ?? `https://idp.example.com/authorize?kind=${kind}`
    },
    transaction: (answer) => engine.transactions.get(answer.searchParams.get('state') ?? '') ?? null,
    exchangeCode: async (answer) => {
      engine.transactions.delete(answer.searchParams.get('state') ?? '')
      asked.push('exchange')
      return (await engine.answers.exchange?.()) ?? tokensOf()
    },
    checkAnswer: async (answer) => {
      engine.transactions.delete(answer.searchParams.get('state') ?? '')
      asked.push('check')
      return engine.answers.check?.()
    },
    assureTime: async () => engine.answers.time?.(),
    refresh: async () => {
      asked.push('refresh')
      return (await engine.answers.refresh?.()) ?? tokensOf()
    },
    revoke: async ({ refreshToken }) => {
      asked.push(`revoke ${refreshToken}`)
      return []
    },
    endSessionUrl: async () => 'https://idp.example.com/logout',
    checkSessionUrl: async () => null,
  }
  return engine
}

/** A text in the platform's jar. */
const entry = ({ cookies }: TestPlatform, name: string): World['hint'] => ({
  get: () => cookies.get(name),
  set: (value) => cookies.set(name, value),
  remove: () => cookies.remove(name),
})

export interface TestWorld extends World {
  /** What the session client was told, oldest first. */
  readonly told: News[]
}

/** A world around a page, whose frames come to `frame`. */
export const createWorld = (
  platform: TestPlatform = createTestPlatform(),
  frame: World['frame'] = () => Promise.reject(new Error('no frames here')),
): TestWorld => {
  const told: News[] = []
  return {
    ...platform,
    tabs: platform.tabs('test'),
    hint: entry(platform, 'hint'),
    used: entry(platform, 'used'),
    told,
    tell: (news) => void told.push(news),
    frame,
  }
}

/** A promise that a test settles. */
export const held = <T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
} => {
  let settle: { resolve: (value: T) => void; reject: (error: Error) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  if (settle === undefined) throw new Error('the promise did not begin')
  return { promise, ...settle }
}
