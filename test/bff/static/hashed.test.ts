import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isHashed, isOfBundler } from '../../../src/bff/static/hashed.js'
import { worked } from '../../support/worked.js'
import { folderOf, serving, write } from './folder.js'

describe('a name after the content', () => {
  it('takes no long time to tell, however long a path is', () => {
    const paths = ['a', '.', '-', 'a.', '.aaaaaaaa', '/'].flatMap((text) => {
      const long = `/${text.repeat(60_000)}`
      return [long, `${long}/`, `${long}!`]
    })
    expect(worked(() => paths.forEach(isHashed))).toBeLessThan(1000)
  })

  it.each([
    ...['/assets/index-BfT3xQ2a.js', '/assets/index-Bx-3_2aQ.js', '/assets/index-AbCd1234.mjs'],
    ...[
      '/main.3f2a1b9c.css',
      '/assets/app-abcdef12.js',
      '/assets/app-deadbeef.js',
      '/app.abc12345.js',
      '/app.k3j4h5g6.js',
    ],
    ...['/chunk-3f2a1b9c4d5e6f70.js', '/static/js/main.3f2a1b9c4d5e6f708192.js', '/chunk-VF5C5P4E.js'],
    ...['/assets/index-BfT3xQ2a.js.map', '/assets/index-BfT3xQ2a.js.br', '/index-BfT3xQ2a.js.map.gz'],
    ...[
      '/module.3f2a1b9c.wasm',
      '/assets/logo-k3eOH2eK.svg',
      '/logo.3f2a1b9c.png',
      '/media/font.1bWoP6pv.woff2',
    ],
  ])('%s', (path) => {
    expect(isHashed(path)).toBe(true)
  })

  it.each([
    ...['/index.html', '/sw.js', '/app-settings.js', '/user-profile.css', '/jquery.validate.js'],
    ...['/assets/app-MANIFEST.js', '/app-DropDown.js', '/my-component1.js', '/lib-polyfill2.js'],
    ...['/a-v1a-test.js', '/worker-base64url.js', '/bundle-es6modules.js', '/messages-pt-BR-v2.js'],
    ...[
      '/lib-VERSION2.js',
      '/assets/Inter-SemiBold.woff2',
      '/book-Chapter1.png',
      '/team-iPhone4S.png',
      '/shot-iOS17-v2.png',
    ],
    ...['/scene-3DModels.glb', '/report-20240131.pdf', '/report-Jan-2024.pdf', '/report-01feb2024.pdf'],
    ...['/menu-cafe2024.pdf', '/photo-1920x1080.jpg', '/clip-1080p60fps.mp4', '/Migration-Guide-V3.md'],
    ...['/messages-pt-BR-v2.json', '/build-12345678.js', '/BfT3xQ2a', '/index-BfT3xQ2a.js/readme.txt'],
  ])('not %s', (path) => {
    expect(isHashed(path)).toBe(false)
  })
})

describe('the folder of a bundler', () => {
  it('has scripts and style sheets with a hash alone, beside whatever else', () => {
    expect(isOfBundler(['index-BfT3xQ2a.js', 'index-BxKqWzab.css', 'logo.svg', 'x-BqZabcKw.js.map'])).toBe(
      true,
    )
    expect(isOfBundler(['index-BfT3xQ2a.js', 'index-BxKqWzab.css', 'env.js'])).toBe(false)
    expect(isOfBundler(['app-MainCtrl.js', 'app-SideMenu.js'])).toBe(false)
    expect(isOfBundler(['logo-k3eOH2eK.svg'])).toBe(false)
    expect(isOfBundler([])).toBe(false)
  })

  it('is told of nearly every build', () => {
    const hashes = Array.from({ length: 50 }, () => randomBytes(6).toString('base64url'))
    expect(isOfBundler(hashes.map((hash, i) => `chunk${i}-${hash}.js`))).toBe(true)
  })

  it('has files that are kept for ever also where their hashes have no digit, until there is something else in it', async () => {
    const folder = await folderOf({
      'index.html': '',
      'assets/index-BfT3xQ2a.js': '',
      'assets/index-BxKqWzab.js': '',
      'assets/index-BxKqWzab.js.map': '{}',
      'assets/app-settings.js': '',
      'assets/Inter-SemiBold.woff2': '',
      'lib/index-BxKqWzab.js': '',
      'index-BxKqWzab.js': '',
    })
    const server = await serving(folder, { sourceMaps: true })
    const isKept = async (path: string) =>
      /immutable/.test(String((await server.call(path)).headers['cache-control']))
    expect(await isKept('/assets/index-BxKqWzab.js')).toBe(true)
    expect(await isKept('/assets/index-BxKqWzab.js.map')).toBe(true)
    for (const path of [
      ...['/assets/app-settings.js', '/assets/Inter-SemiBold.woff2', '/lib/index-BxKqWzab.js'],
      ...['/index-BxKqWzab.js', '/'],
    ])
      expect([path, await isKept(path)]).toEqual([path, false])
    await write(folder, { 'assets/env.js': '' })
    expect(await isKept('/assets/index-BxKqWzab.js')).toBe(false)
    expect(await isKept('/assets/index-BfT3xQ2a.js')).toBe(true)
  })
})
