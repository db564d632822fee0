import { describe, expect, it } from 'vitest'
import { createUserAgent, type Handler } from './user-agent.js'

const headersOf =
  (names: string[], seen: Record<string, string | null>[]): Handler =>
  (request) => {
    seen.push(Object.fromEntries(names.map((name) => [name, request.headers.get(name)])))
    return new Response('ok')
  }
const html = (text: string, headers: Record<string, string> = {}): Response =>
  new Response(text, { headers: { 'content-type': 'text/html', ...headers } })
const to = (location: string, cookie?: string): Response =>
  new Response(null, { status: 303, headers: { location, ...(cookie ? { 'set-cookie': cookie } : {}) } })

describe('navigation', () => {
  const NAMES = ['sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest', 'origin', 'cookie']

  it('follows redirects between sites, with the cookies and headers of each hop', async () => {
    const seen: Record<string, string | null>[] = []
    const note = headersOf(NAMES, seen)
    const agent = createUserAgent()
    agent.handle('https://app.test', (request) => {
      void note(request)
      const { pathname } = new URL(request.url)
      if (pathname === '/login')
        return to('https://idp.other/auth', '__Host-login=1; Secure; Path=/; SameSite=Lax')
      return pathname === '/callback' ? to('/') : html('home')
    })
    agent.handle('https://idp.other', () => to('https://app.test/callback'))
    agent.cookies.set(new URL('https://app.test'), 'strict=1; Path=/; Secure; SameSite=Strict')

    await agent.navigate('https://app.test/login')
    expect(agent.page?.visited.map(String)).toEqual([
      'https://app.test/login',
      'https://idp.other/auth',
      'https://app.test/callback',
      'https://app.test/',
    ])
    expect(seen.map((headers) => headers['sec-fetch-site'])).toEqual(['none', 'none', 'none'])
    seen.length = 0

    await agent.navigate('https://app.test/login', { from: 'https://app.test/page' })
    expect(seen.map((headers) => headers['sec-fetch-site'])).toEqual([
      'same-origin',
      'cross-site',
      'cross-site',
    ])
    seen.length = 0

    await agent.navigate('https://app.test/callback', { from: 'https://idp.other/interaction' })
    expect(seen).toEqual([
      {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        origin: null,
        cookie: '__Host-login=1',
      },
      expect.objectContaining({ 'sec-fetch-site': 'cross-site', cookie: '__Host-login=1' }),
    ])
  })

  it('withholds Lax cookies from a cross-site POST, which names its origin', async () => {
    const seen: Record<string, string | null>[] = []
    const agent = createUserAgent({ handlers: { 'https://app.test': headersOf(NAMES, seen) } })
    agent.cookies.set(new URL('https://app.test'), 'lax=1; Path=/; Secure; SameSite=Lax')
    await agent.navigate('https://app.test/callback', {
      from: 'https://idp.other/',
      method: 'POST',
      body: new URLSearchParams({ code: '1' }),
    })
    expect(seen).toMatchObject([
      { origin: 'https://idp.other', cookie: null, 'sec-fetch-site': 'cross-site' },
    ])
  })

  it('in a frame leaves the tab where it is, and says so', async () => {
    const seen: Record<string, string | null>[] = []
    const agent = createUserAgent({ handlers: { 'https://app.test': headersOf(NAMES, seen) } })
    await agent.navigate('https://app.test/')
    const frame = await agent.navigate('/silent', { frame: true })
    expect(frame.url.pathname).toBe('/silent')
    expect(agent.page?.url.pathname).toBe('/')
    expect(seen[1]).toMatchObject({ 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-origin' })
  })

  it('does what pages do by themselves: submit a form, reload, refresh', async () => {
    let loads = 0
    const agent = createUserAgent({
      handlers: {
        'https://app.test': async (request) => {
          const { pathname } = new URL(request.url)
          if (pathname === '/post')
            return html(
              '<form method="post" action="/done"><input type="hidden" name="a" value="1"></form><script>document.forms[0].submit()</script>',
            )
          if (pathname === '/done') return html(`${request.method} ${await request.text()}`)
          if (pathname === '/refresh') return html('<meta http-equiv="refresh" content="0;url=/reload">')
          loads += 1
          const site = request.headers.get('sec-fetch-site')
          return loads === 1 ? html('<script>location.reload()</script>') : html(`again from ${site}`)
        },
      },
    })
    expect((await agent.navigate('https://app.test/post')).text).toBe('POST a=1')
    const reloaded = await agent.navigate('https://app.test/refresh', { from: 'https://mail.other/' })
    expect(reloaded.text).toBe('again from same-origin')
    expect(reloaded.visited.map(({ pathname }) => pathname)).toEqual(['/refresh', '/reload', '/reload'])
    const stays = await agent.navigate('https://app.test/post', { scripts: false })
    expect(stays.forms).toHaveLength(1)
  })

  it('stops where told, keeps the fragment, gives up on loops', async () => {
    const agent = createUserAgent({ handlers: { 'https://app.test': () => to('https://idp.other/x') } })
    const stopped = await agent.navigate('https://app.test/#part', {
      stopAt: ({ host }) => host === 'idp.other',
    })
    expect([stopped.url.href, stopped.status]).toEqual(['https://idp.other/x#part', 0])
    agent.handle('https://idp.other', () => to('/x'))
    await expect(agent.navigate('https://app.test/')).rejects.toThrow('too many redirects')
  })

  it('tabs share the jar, not the page', async () => {
    const agent = createUserAgent({
      handlers: { 'https://app.test': () => html('', { 'set-cookie': 'a=1' }) },
    })
    await agent.navigate('https://app.test/')
    const tab = agent.newTab()
    expect(tab.page).toBeNull()
    expect(tab.cookies.get('https://app.test/', 'a')?.value).toBe('1')
  })
})

describe('fetch', () => {
  const NAMES = ['sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest', 'origin', 'cookie', 'content-type']

  it('from the page itself: cookies, and an Origin when unsafe', async () => {
    const seen: Record<string, string | null>[] = []
    const agent = createUserAgent({ handlers: { 'https://app.test': headersOf(NAMES, seen) } })
    await agent.navigate('https://app.test/')
    agent.cookies.set(new URL('https://app.test'), 'strict=1; Path=/; Secure; SameSite=Strict')
    await agent.fetch('/session')
    await agent.fetch('/refresh', { method: 'POST', body: new URLSearchParams({ a: '1' }) })
    await agent.fetch('/session', { credentials: 'omit' })
    const same = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    expect(seen.slice(1)).toEqual([
      { ...same, origin: null, cookie: 'strict=1', 'content-type': null },
      {
        ...same,
        origin: 'https://app.test',
        cookie: 'strict=1',
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      },
      { ...same, origin: null, cookie: null, 'content-type': null },
    ])
  })

  it('from another site: no Strict or Lax cookies, and an answer only by CORS', async () => {
    const seen: Record<string, string | null>[] = []
    const agent = createUserAgent({ handlers: { 'https://app.test': headersOf(NAMES, seen) } })
    agent.cookies.set(new URL('https://app.test'), 'lax=1; Path=/; Secure')
    const forged = agent.fetch('https://app.test/logout', {
      from: 'https://evil.other/',
      method: 'POST',
      credentials: 'include',
    })
    await expect(forged).rejects.toThrow('Failed to fetch')
    expect(seen).toMatchObject([
      { origin: 'https://evil.other', cookie: null, 'sec-fetch-site': 'cross-site' },
    ])
    await agent.fetch('https://app.test/', { from: 'https://evil.other/', mode: 'no-cors' })
  })

  it('asks first when a request is not simple, and is refused without the header', async () => {
    const methods: string[] = []
    const allow =
      (names: string): Handler =>
      (request) => {
        methods.push(request.method)
        return new Response('ok', {
          headers: {
            'access-control-allow-origin': 'https://app.test',
            'access-control-allow-headers': names,
            'x-secret': 'not exposed',
          },
        })
      }
    const agent = createUserAgent({ handlers: { 'https://api.test': allow('authorization') } })
    const init = { from: 'https://app.test/', headers: { authorization: 'Bearer x' } }
    const answer = await agent.fetch('https://api.test/', init)
    expect(await answer.text()).toBe('ok')
    expect(answer.headers.get('x-secret')).toBeNull()
    expect(methods).toEqual(['OPTIONS', 'GET'])
    agent.handle('https://api.test', allow('content-type'))
    await expect(agent.fetch('https://api.test/', init)).rejects.toThrow('Failed to fetch')
    await expect(agent.fetch('https://api.test/', { ...init, method: 'DELETE' })).rejects.toThrow(
      'Failed to fetch',
    )
  })

  it('follows redirects, or shows them, or refuses them', async () => {
    const agent = createUserAgent({
      handlers: { 'https://app.test': ({ url }) => (url.endsWith('/a') ? to('/b') : new Response(url)) },
    })
    const from = 'https://app.test/'
    expect(await (await agent.fetch('/a', { from })).text()).toBe('https://app.test/b')
    expect((await agent.fetch('/a', { from, redirect: 'manual' })).status).toBe(303)
    await expect(agent.fetch('/a', { from, redirect: 'error' })).rejects.toThrow('Failed to fetch')
  })

  it('can be handed on, and streams', async () => {
    const agent = createUserAgent({
      handlers: { 'https://app.test': async (request) => new Response(request.body) },
    })
    const bound = agent.fetchFrom('https://app.test/page')
    const body = new Blob(['streamed']).stream()
    const request = new Request(
      'https://app.test/echo',
      Object.assign({ method: 'POST', body }, { duplex: 'half' }),
    )
    expect(await (await bound(request)).text()).toBe('streamed')
  })
})
