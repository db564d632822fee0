import { chmod, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderFaults } from '../../../src/bff/static/folder.js'
import { built, folderOf } from './folder.js'

const nonce = '__CSP_NONCE__'
const told = (...given: Parameters<typeof folderFaults>): string[] =>
  folderFaults(...given).map(({ option, message }) => `${option}: ${message}`)

describe('a folder that can be served', () => {
  it('has its page, with the nonce where there is one', async () => {
    const folder = await folderOf({ ...built, 'nonce/index.html': `<script nonce="${nonce}"></script>` })
    expect(told(folder, ['static'])).toEqual([])
    expect(told({ folder: join(folder, 'nonce'), nonce }, ['static'])).toEqual([])
  })

  it('or other pages', async () => {
    expect(told(await folderOf({ 'about.html': '' }), ['static'])).toEqual([])
  })

  it('is found from where the paths begin', async () => {
    const folder = await folderOf({ 'public/index.html': '' })
    expect(told('./public', ['static'], folder)).toEqual([])
    expect(told('./public', ['static'], dirname(folder))).toHaveLength(1)
  })

  it('is not asked for where no folder is named', () => {
    expect([told(undefined, ['static']), told({ nonce }, ['static'])]).toEqual([[], []])
  })
})

describe('what cannot be served is named', () => {
  it('as a folder that is none', async () => {
    const folder = await folderOf(built)
    expect(told('./none', ['static'], folder)).toEqual([
      `static: there is no folder ${folder}/none. Create it, or leave the option out.`,
    ])
    expect(told({ folder: join(folder, 'sw.js') }, ['static'])).toEqual([
      `static: there is no folder ${folder}/sw.js: that is a file. Name the folder it is in.`,
    ])
    expect(told(join(folder, 'sw.js', 'x'), ['static'])).toEqual([
      expect.stringMatching(/^static: .*sw\.js\/x/),
    ])
  })

  it('as one without a page', async () => {
    const folder = await folderOf({ 'a.js': '', 'index.html/a.txt': '' })
    // A folder of that name is no page, whatever it is called.
    await rm(join(folder, 'index.html'), { recursive: true })
    const says = /^static: there is no .*index\.html\. Build the app, name the folder that has one, or leave/
    expect(told(folder, ['static'])).toEqual([expect.stringMatching(says)])
    expect(told({ folder, nonce }, ['static'])).toEqual([
      expect.stringMatching(/^static\.nonce: there is no .*index\.html.*: the nonce stands nowhere\.$/),
    ])
    await writeFile(join(folder, 'about.html'), nonce)
    expect(told({ folder, nonce }, ['static'])).toEqual([expect.stringMatching(/^static\.nonce: /)])
  })

  it('as one whose page is without the nonce', async () => {
    const folder = await folderOf(built)
    expect(told({ folder, nonce }, ['static'])).toEqual([
      expect.stringMatching(
        /^static\.nonce: stands nowhere in .*index\.html\. Write it where a nonce is due/,
      ),
    ])
  })

  it('as one that may not be read', async () => {
    const folder = await folderOf({ 'closed/index.html': nonce })
    await chmod(join(folder, 'closed'), 0)
    const isRoot = process.getuid?.() === 0
    expect(told({ folder: join(folder, 'closed'), nonce }, ['static'])).toEqual(
      // Who may do everything is refused nothing.
      isRoot ? [] : [expect.stringMatching(/^static: .*closed cannot be read: EACCES.*Let this process/)],
    )
    await chmod(join(folder, 'closed'), 0o755)
  })
})
