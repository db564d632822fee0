import { afterEach, expect, it, vi } from 'vitest'
import { pageCookies } from '../../src/browser/cookies.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

it('reads what is there', () => {
  vi.spyOn(document, 'cookie', 'get').mockReturnValue('other=1; __Host-csrf=ref.mac=; csrf=2')
  expect(pageCookies.get('__Host-csrf')).toBe('ref.mac=')
  expect(pageCookies.get('csrf')).toBe('2')
  expect(pageCookies.get('__Host-hint')).toBeUndefined()
})

it('reads the plain names of a development server over http, and nowhere else', () => {
  vi.spyOn(document, 'cookie', 'get').mockReturnValue('tandem-csrf=plain; tandem-hint=1; __Host-hint=2')
  vi.stubGlobal('location', { protocol: 'http:' })
  expect(pageCookies.get('__Host-csrf')).toBe('plain')
  expect(pageCookies.get('__Host-hint')).toBe('2')
  vi.stubGlobal('location', { protocol: 'https:' })
  expect(pageCookies.get('__Host-csrf')).toBeUndefined()
})

it('finds nothing where there is no cookie at all', () => {
  vi.spyOn(document, 'cookie', 'get').mockReturnValue('')
  expect(pageCookies.get('__Host-hint')).toBeUndefined()
})

it('sets cookies that a __Host- name allows: for this host alone, secure, gone with the browser', () => {
  const set = vi.spyOn(document, 'cookie', 'set')
  pageCookies.set('__Host-hint-browser', '1')
  const [pair, ...attributes] = (set.mock.calls[0]?.[0] ?? '').split('; ')
  expect(pair).toBe('__Host-hint-browser=1')
  expect(attributes.map((one) => one.toLowerCase()).toSorted()).toEqual(['path=/', 'samesite=lax', 'secure'])
})

it('removes with the same attributes', () => {
  const set = vi.spyOn(document, 'cookie', 'set')
  pageCookies.remove('__Host-hint-browser')
  const header = set.mock.calls[0]?.[0] ?? ''
  expect(header).toMatch(/^__Host-hint-browser=;/)
  expect(header).toMatch(/Path=\//)
  expect(header).toMatch(/Secure/)
  expect(header).toMatch(/Max-Age=0/)
})
