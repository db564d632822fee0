import { describe, expect, it } from 'vitest'
import { actionOf, formsIn } from './user-agent/html.js'
import { fetchSite, siteOf } from './user-agent/site.js'

describe('sites', () => {
  it.each([
    ['https://app.test', 'https://app.test'],
    ['https://www.app.test:8443', 'https://app.test'],
    ['http://localhost:3000', 'http://localhost'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1'],
  ])('%s', (url, site) => {
    expect(siteOf(new URL(url))).toBe(site)
  })

  it.each([
    [null, ['https://app.test'], 'none'],
    ['https://app.test/a', ['https://app.test/b'], 'same-origin'],
    ['https://app.test', ['https://api.app.test'], 'same-site'],
    ['http://localhost:1', ['http://localhost:2'], 'same-site'],
    ['https://app.test', ['https://idp.other'], 'cross-site'],
    ['https://app.test', ['https://app.test', 'https://idp.other', 'https://app.test'], 'cross-site'],
    ['https://app.test', ['https://app.test', 'https://www.app.test', 'https://app.test'], 'same-site'],
  ] as const)('from %s over %s: %s', (initiator, chain, expected) => {
    const from = initiator === null ? null : new URL(initiator)
    expect(
      fetchSite(
        from,
        chain.map((url) => new URL(url)),
      ),
    ).toBe(expected)
  })
})

describe('html', () => {
  it('reads forms, with what belongs to them from outside', () => {
    const forms =
      formsIn(`<form method=POST action="/a?b=1&amp;c=2" id="f"><input name="x" value="&quot;1&quot;">
      <input type="hidden" name='h' value=2><button name="go" value="1">a</button></form>
      <input name="stray"><button form="f" name="go" value="2">b</button>`)
    expect(forms).toEqual([
      {
        action: '/a?b=1&c=2',
        method: 'POST',
        id: 'f',
        fields: [
          ['x', '"1"'],
          ['h', '2'],
        ],
        inputs: ['x'],
        buttons: [
          { name: 'go', value: '1' },
          { name: 'go', value: '2' },
        ],
      },
    ])
  })

  it.each([
    ['<p>nothing</p>', null],
    ['<script>location.replace(location.href)</script>', { kind: 'reload' }],
    ['<meta http-equiv="refresh" content="0">', { kind: 'reload' }],
    ['<meta http-equiv="refresh" content="5; url=/x">', null],
    [`<meta content="0;URL='/x'" http-equiv=refresh>`, { kind: 'go', to: '/x' }],
  ])('%s', (text, expected) => {
    expect(actionOf(text)).toEqual(expected)
  })
})
