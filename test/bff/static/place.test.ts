import fc from 'fast-check'
import { join, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acceptsHtml, encodingsFor, isAsset, pathOf, placeOf } from '../../../src/bff/static/place.js'
import { holds, PATIENT } from '../../threats/fuzz/fuzz.js'

describe('the place a target names', () => {
  it.each([
    ['/', [], 'folder', '/'],
    ['/?a=/../b', [], 'folder', '/'],
    ['/assets/a%20b.js', ['assets', 'a b.js'], 'file', '/assets/a b.js'],
    ['/docs/', ['docs'], 'folder', '/docs/'],
    ['/.well-known/security.txt', ['.well-known', 'security.txt'], 'file', '/.well-known/security.txt'],
    ['/orders/a%2Fb', ['orders', 'a/b'], 'nothing', '/orders/a/b'],
    ['/orders/a%5cb', ['orders', 'a\\b'], 'nothing', '/orders/a\\b'],
    ['/orders/50%', ['orders', '50%'], 'nothing', '/orders/50%'],
    ['/orders//42', ['orders', '', '42'], 'nothing', '/orders//42'],
    ['/%252e%252e/x', ['%2e%2e', 'x'], 'nothing', '/%2e%2e/x'],
    ['/bffx', ['bffx'], 'file', '/bffx'],
  ] as const)('%s', (target, segments, kind, path) => {
    const place = placeOf(target, '/bff')
    expect(place).toEqual({ segments, kind })
    expect(place && pathOf(place)).toBe(path)
  })

  it.each([
    ...['*', '', 'http://app.example.com/index.html', 'index.html', '//evil.example/', '///'],
    ...['/..', '/../x', '/a/../../x', '/%2e%2e/x', '/.%2E/x', '/a/..%2f..%2fx', '/a/..%5c..%5cx', '/a/..\\x'],
    ...['/.', '/./x', '/.env', '/%2eenv', '/a/.git/config', '/a/.well-known/x', '/a%2f.env', '/a\\.env'],
    ...['/a%00.js', '/a\0.js', '/a%0d%0ab', '/a%7f'],
    ...['/bff', '/bff/', '/bff/login', '/%62ff/login', '/bff%2flogin', '/bff%5clogin', '/b%66f'],
    ...['/healthz', '/%68ealthz', '/readyz/', '/ready%7a'],
  ])('%j is refused', (target) => {
    expect(placeOf(target, '/bff')).toBeNull()
  })

  it('is inside the folder, whatever the target is', PATIENT, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '..',
        '.',
        '%2e',
        '%2E%2e',
        '%2f',
        '%5c',
        '\\',
        '%00',
        '%',
        '%25',
        '?',
        '#',
        'a',
        'bff',
      ),
      fc.string({ maxLength: 4 }),
      fc.string({ maxLength: 4, unit: 'grapheme' }).map(encodeURIComponent),
    )
    await holds(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const place = placeOf(`/${pieces.join('')}`, '/bff')
        if (place === null || place.kind === 'nothing') return
        const path = join('/srv/public', ...place.segments)
        expect(`${path}${sep}`.startsWith('/srv/public/')).toBe(true)
        expect(path).not.toMatch(/\0|\/\.(?!well-known(\/|$))/)
        expect(path).not.toMatch(/^\/srv\/public\/bff(\/|$)/)
      }),
    )
  })
})

describe('a missing file', () => {
  it.each([
    ['/old-3f2a1b9c.js', true],
    ['/assets/logo.svg', true],
    ['/assets/42', false],
    ['/assets', false],
    ['/.well-known/change-password', true],
    ['/static/chunk', true],
    ['/orders/42.5', false],
    ['/repository/main.js', false],
  ])('%s is for a file alone: %s', (path, asset) => {
    expect(isAsset(path, ['/static/'])).toBe(asset)
  })
})

describe('what a request takes', () => {
  it.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', true],
    ['application/xhtml+xml', true],
    ['TEXT/HTML;level=1', true],
    ['text/html;q=0, */*', false],
    ['*/*', false],
    ['text/htmlx', false],
    ['', false],
    [undefined, false],
  ])('of types: %s', (accept, html) => {
    expect(acceptsHtml(accept === undefined ? {} : { accept })).toBe(html)
  })

  it.each([
    ['gzip, deflate, br, zstd', ['br', 'gzip']],
    ['gzip;q=1, br;q=0', ['gzip']],
    ['*', ['br', 'gzip']],
    ['gzip, *;q=0', ['gzip']],
    ['sbr', []],
    ['', []],
  ])('of encodings: %s', (header, encodings) => {
    expect(encodingsFor({ 'accept-encoding': header }).map(([name]) => name)).toEqual(encodings)
  })

  it('of encodings, where it says nothing: the file as it is', () => {
    expect(encodingsFor({})).toEqual([])
  })
})
