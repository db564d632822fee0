import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FILE_GONE, sameFiles } from '../../../src/bff/stores/same-file.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-same-'))
  file = join(folder, 'one')
  writeFileSync(file, 'one')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('is content with a file that is written to, and with one that was never there', () => {
  const check = sameFiles([file, join(folder, 'none')])
  writeFileSync(file, 'more')
  writeFileSync(join(folder, 'none'), 'now')
  expect(check).not.toThrow()
})

it('throws where the file was removed, and where another is in its place, until it is back', () => {
  const check = sameFiles([file])
  renameSync(file, join(folder, 'away'))
  expect(check).toThrow(
    expect.objectContaining({ code: FILE_GONE, message: expect.stringContaining('removed') }),
  )
  writeFileSync(file, 'one')
  expect(check).toThrow(
    expect.objectContaining({ code: FILE_GONE, message: expect.stringContaining('replaced') }),
  )
  renameSync(join(folder, 'away'), file)
  expect(check).not.toThrow()
})
