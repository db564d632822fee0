/** Tabs of one browser, each with a holder over an engine whose answers a test gives. */
import { createHolder, type Holder } from '../../src/oidc/holder.js'
import type { ClientSettings, World } from '../../src/oidc/settings.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import type { Session } from '../../src/session/session.js'
import {
  createTestBrowser,
  createTestPlatform,
  type TestBrowser,
  type TestPlatform,
} from '../support/test-platform.js'
import {
  createScriptedEngine,
  createWorld,
  transaction,
  type ScriptedEngine,
  type TestWorld,
} from './scripted-engine.js'

export interface HolderTab {
  readonly platform: TestPlatform
  readonly engine: ScriptedEngine
  /** What the session client was told. */
  readonly told: TestWorld['told']
  readonly holder: Holder
  /** The hint cookie. */
  hint(): string | undefined
  /** Comes back from a login as this user, and holds the session. */
  signIn(tokens?: Tokens): Promise<Session>
  /** Finds the session at a page load; there must be one. */
  find(): Promise<Session>
  /** The session that it would renew, and what became of that. */
  renew(demanded?: boolean): ReturnType<Holder['renew']>
  /** What is held. */
  readonly session: Session
}

export interface HolderTabOptions {
  readonly settings?: Partial<ClientSettings>
  readonly frame?: World['frame']
  /** Whether the tabs hear each other and take turns. */
  readonly isJoined?: boolean
}

const base: ClientSettings = {
  authority: 'https://idp.example.com',
  clientId: 'app',
  redirectUri: 'https://app.test/callback',
}

/** A browser, and the way to open a tab in it. */
export const createTabs = (
  common: HolderTabOptions = {},
): { browser: TestBrowser; open: (options?: HolderTabOptions) => HolderTab } => {
  const browser = createTestBrowser()
  let logins = 0
  const open = (options: HolderTabOptions = {}): HolderTab => {
    const { settings, frame, isJoined = true } = { ...common, ...options }
    const platform = createTestPlatform({ browser })
    const engine = createScriptedEngine()
    const world: TestWorld = createWorld(platform, frame)
    let session: Session | undefined
    const exclusive = <T>(_: string, work: () => Promise<T>): Promise<T> => work()
    const holder = createHolder(engine, { ...base, ...settings }, [], {
      ...world,
      tabs: isJoined ? world.tabs : { ...world.tabs, isJoined, exclusive },
      tell(news) {
        world.told.push(news)
        if (news.type === 'restored') ({ session } = news)
      },
    })
    world.tabs.onMessage((message) => holder.hear(message))
    holder.attend()
    const current = (): Session => {
      if (session === undefined) throw new Error('nothing is held')
      return session
    }
    const keep = (found: Awaited<ReturnType<Holder['restore']>>): Session => {
      if (found.type !== 'restored') throw new Error(`no session: ${JSON.stringify(found)}`)
      return (session = found.session)
    }
    return {
      platform,
      engine,
      told: world.told,
      holder,
      hint: () => platform.jar.get('hint'),
      signIn: async (tokens) => {
        const state = `s${(logins += 1)}`
        engine.transactions.set(state, transaction())
        if (tokens) engine.answers.exchange = async () => tokens
        platform.go(`/callback?code=c&state=${state}`)
        const found = keep(await holder.restore(true))
        platform.replaceAddress('/')
        engine.answers.exchange = undefined
        engine.asked.length = 0
        return found
      },
      find: async () => {
        const found = keep(await holder.restore(false))
        world.told.length = 0
        return found
      },
      renew: async (demanded = false) => {
        const renewed = await holder.renew(current(), demanded)
        if (renewed.type === 'restored') session = renewed.session
        return renewed
      },
      get session() {
        return current()
      },
    }
  }
  return { browser, open }
}
