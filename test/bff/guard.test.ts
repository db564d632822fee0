import { describe, expect, it } from 'vitest'
import { foreign, foreignVisit, isFramed, isNavigation } from '../../src/bff/guard.js'
import type { RequestHead } from '../../src/bff/request.js'

const ORIGIN = 'https://app.test'
const request = (
  headers: Record<string, string>,
  method = 'GET',
  url = `${ORIGIN}/bff/session`,
): RequestHead => ({
  method,
  url,
  headers: new Headers(headers),
})

const site = (value: string, more: Record<string, string> = {}) => ({ 'sec-fetch-site': value, ...more })
const visit = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

describe('foreign', () => {
  it.each([
    ['a script of the app', 'POST', site('same-origin', script), true],
    ['the same with its Origin', 'POST', site('same-origin', { ...script, origin: ORIGIN }), true],
    ['a link of the app', 'GET', site('same-origin', visit), true],
    ['an address typed in', 'GET', site('none', visit), true],
    ['"none" that is no visit', 'GET', site('none', script), false],
    ['"none" with a method that writes', 'POST', site('none', visit), false],
    ['a sibling', 'GET', site('same-site', script), false],
    ['a link from a sibling', 'GET', site('same-site', visit), false],
    ['another site', 'POST', site('cross-site', script), false],
    ['an image on another site', 'GET', site('cross-site', { 'sec-fetch-dest': 'image' }), false],
    ['a value nobody knows', 'GET', site('whatever'), false],
    ['metadata that contradicts Origin', 'POST', site('same-origin', { origin: 'https://evil.test' }), false],
    ['an old browser, by Origin', 'POST', { origin: ORIGIN }, true],
    ['an old browser, by Referer', 'GET', { referer: `${ORIGIN}/page?x` }, true],
    ['an origin that begins like ours', 'POST', { origin: `${ORIGIN}.evil` }, false],
    ['an origin in another scheme', 'POST', { origin: 'http://app.test' }, false],
    ['an opaque origin', 'POST', { origin: 'null' }, false],
    ['an opaque origin, whatever the metadata say', 'POST', site('same-origin', { origin: 'null' }), false],
    ['a foreign Origin with our Referer', 'POST', { origin: 'https://evil.test', referer: ORIGIN }, false],
    ['a foreign Referer', 'GET', { referer: `https://evil.test/${ORIGIN}` }, false],
    ['a Referer that is no address', 'GET', { referer: 'app.test' }, false],
    ['nothing at all, writing', 'POST', {}, false],
    ['nothing at all, reading', 'GET', {}, false],
  ])('judges %s', (_, method, headers, passes) => {
    const why = foreign(request(headers, method), ORIGIN)
    if (passes) expect(why).toBeNull()
    else expect(why).toEqual(expect.any(String))
  })
})

describe('foreignVisit', () => {
  it.each([
    ['a link on another site', site('cross-site', visit), true],
    ['a link in a mail', site('none', visit), true],
    ['an old browser', {}, true],
    ['an image on a sibling', site('same-site', { 'sec-fetch-dest': 'image' }), false],
    ['a frame on a sibling', site('same-site', { ...visit, 'sec-fetch-dest': 'iframe' }), false],
    ['a frame of the app', site('same-origin', { ...visit, 'sec-fetch-dest': 'iframe' }), true],
    ['a script of another site', site('cross-site', script), false],
    ['an old browser with a foreign Referer', { referer: 'https://evil.test/' }, false],
  ])('judges %s', (_, headers, passes) =>
    expect(foreignVisit(request(headers), ORIGIN) === null).toBe(passes),
  )
})

describe('isNavigation', () => {
  it.each([
    ['a tab', visit, true],
    ['a frame', { ...visit, 'sec-fetch-dest': 'iframe' }, false],
    ['a script', script, false],
    ['an old browser', { accept: 'text/html,*/*;q=0.8' }, true],
    ['an HTTP client that always sends a mode', { 'sec-fetch-mode': 'cors', accept: '*/*' }, false],
    ['that client, as a browser', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'document' }, true],
  ])('knows %s', (_, headers, expected) => expect(isNavigation(request(headers))).toBe(expected))

  it.each(['iframe', 'frame', 'embed', 'object', 'fencedframe'])('knows the frame %s', (destination) =>
    expect(isFramed(request({ 'sec-fetch-dest': destination }))).toBe(true),
  )
  it('knows what is no frame', () => {
    expect(isFramed(request(visit))).toBe(false)
    expect(isFramed(request({}))).toBe(false)
  })
})
