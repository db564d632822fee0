import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { inlineIn } from '../../../src/bff/static/inline.js'
import { folderOf, serving, site, write } from './folder.js'

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('scripts and styles in a page', () => {
  it('are found by what stands between their tags, with line ends as browsers have them', () => {
    const { scripts, styles } = inlineIn(
      `<!doctype html><STYLE media="a>b">p { color: red }</STYLE>
       <script type="module" data-x='>'>one()\r\ntwo()</script><script>one()\r\ntwo()</script>
       <script type="importmap">{}</script ><script src="/a.js">not run</script><script\nSRC=/b.js></script>
       <scripty>no</scripty><script></script>`,
    )
    expect(scripts).toEqual([hash('one()\ntwo()'), hash('{}')])
    expect(styles).toEqual([hash('p { color: red }')])
  })

  it('are no more than a header can hold', () => {
    const many = Array.from({ length: 50 }, (_, i) => `<script>f(${i})</script>`).join('')
    expect(inlineIn(many).scripts).toHaveLength(32)
  })

  it('are not looked for in what is no page that anybody writes', async () => {
    const script = '<script>a()</script>'
    const folder = await folderOf({ 'a.html': script, 'b.html': script + ' '.repeat(1024 * 1024) })
    const server = await serving(folder)
    const policyOf = async (path: string) => (await server.call(path)).headers['content-security-policy']
    expect(await policyOf('/a.html')).toContain(hash('a()'))
    expect(await policyOf('/b.html')).not.toContain('sha256-')
  })
})

describe('the policy of a page', () => {
  const policyAt = async (server: Awaited<ReturnType<typeof serving>>): Promise<string> =>
    String((await server.call('/', { headers: { accept: 'text/html' } })).headers['content-security-policy'])

  it('lets in what stands in it now, and nothing where the options say what passes', async () => {
    const folder = await folderOf({ 'index.html': '<script>a()</script><style>b{}</style>' })
    const server = await serving(folder)
    expect(await policyAt(server)).toContain(
      `script-src 'self' ${hash('a()')}; style-src 'self' ${hash('b{}')};`,
    )
    await write(folder, { 'index.html': '<script>other()</script>' })
    expect(await policyAt(server)).toContain(`script-src 'self' ${hash('other()')}; style-src 'self';`)
    const own = await serving(folder, {
      contentSecurityPolicy: { 'script-src': "'self' https://cdn.example" },
    })
    expect(await policyAt(own)).toContain("script-src 'self' https://cdn.example;")
    expect(await policyAt(await serving(folder, { contentSecurityPolicy: { 'img-src': '*' } }))).toContain(
      'sha256-',
    )
  })

  it('lets pages that are given tokens call APIs wherever they are', async () => {
    const folder = await folderOf({ 'index.html': 'hi' })
    expect(await policyAt(await serving(folder, { at: { ...site, mediatesTokens: true } }))).toContain(
      'connect-src *;',
    )
    expect(await policyAt(await serving(folder))).toContain("connect-src 'self' https://idp.example.com;")
  })
})
