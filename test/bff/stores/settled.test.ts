import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { whileSettled } from '../../../src/bff/stores/settled.js'

/** A file, a version that counts how often it is asked for, and a clock that is put forward. */
function fixture() {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-settled-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  writeFileSync(file, 'a')
  const world = { now: 0, version: 1, asked: 0 }
  const version = whileSettled(
    file,
    () => {
      world.asked++
      return world.version
    },
    () => world.now,
  )
  return { file, world, version }
}

describe('the version of a file', () => {
  it('is asked for until the file has looked the same for a while, and then once it looks otherwise', () => {
    const { file, world, version } = fixture()
    for (const now of [0, 50, 100]) {
      world.now = now
      expect(version()).toBe(1)
    }
    expect(world.asked).toBe(3)
    world.now = 101
    for (let i = 0; i < 10; i++) version()
    expect(world.asked).toBe(4)
    appendFileSync(file, 'b')
    world.version = 2
    expect(version()).toBe(2)
    expect(world.asked).toBe(5)
  })

  it('is asked for again after a write that leaves the length as it was, and after one that makes another file', () => {
    const { file, world, version } = fixture()
    version()
    world.now = 200
    version()
    for (const [expected, change] of [
      [2, () => writeFileSync(file, 'b')],
      [3, () => (rmSync(file), writeFileSync(file, 'b'))],
    ] as const) {
      change()
      world.version = expected
      expect(version()).toBe(expected)
      world.now += 200
      version()
      const { asked } = world
      version()
      expect(world.asked).toBe(asked)
    }
  })

  it('is always asked for where the file is not there, or its times are too coarse to tell', () => {
    const { file, world, version } = fixture()
    for (const change of [() => utimesSync(file, 1_700_000_000, 1_700_000_000), () => rmSync(file)]) {
      change()
      const before = world.asked
      for (let i = 0; i < 3; i++) {
        world.now += 1000
        version()
      }
      expect(world.asked).toBe(before + 3)
    }
  })
})
