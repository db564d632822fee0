import { describe, expect, it } from 'vitest'
import { finishOwn } from '../../src/bff/answers.js'
import { reloadPage, signInPage, wrongHostPage } from '../../src/bff/pages.js'

const hostile = `/p?a="><script>alert('1')</script>&b=<`

describe('the pages of the BFF', () => {
  it.each([
    ['reload', reloadPage(hostile)],
    ['sign in', signInPage(hostile)],
  ])('(%s) run no script, whatever the address', async (_, page) => {
    const answer = finishOwn(page, 'id')
    const html = await answer.text()
    expect(html).not.toContain('<script')
    expect(html).not.toContain(`"><`.repeat(2))
    expect(html).toContain('href="/p?a=&#34;&#62;&#60;script')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(html).toMatch(/^<!doctype html><html lang="en">/)
    expect(html).toContain('<title>')
  })

  it('tell a stranger from somebody who is only on the way', () => {
    expect(reloadPage('/').status).toBe(200)
    expect(signInPage('/').status).toBe(401)
    expect(signInPage('/').headers.has('www-authenticate')).toBe(true)
  })

  it('tell who runs the app what a proxy has to do', async () => {
    const page = wrongHostPage('https://app.test', 'http://"><script>/bff/login')
    expect(page.status).toBe(400)
    const html = await page.text()
    expect(html).toContain('<code>http://&#34;&#62;&#60;script&#62;/bff/login</code>')
    expect(html).toContain('<a href="https://app.test/">')
  })

  it('reload the same address', async () =>
    expect(await reloadPage('/page?x=1').text()).toContain(
      '<meta http-equiv="refresh" content="0;url=/page?x=1">',
    ))
})
