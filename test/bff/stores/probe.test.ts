import { expect, it } from 'vitest'
import { createProbe, WRITE_STANDS } from '../../../src/bff/stores/probe.js'

function start() {
  const state = { now: 0, fails: false, done: [] as string[] }
  const probe = createProbe(
    () => state.done.push('read'),
    () => {
      state.done.push('write')
      if (state.fails) throw new Error('full')
    },
    () => state.now,
  )
  return { state, probe }
}

it('writes, and believes that for a second', async () => {
  const { state, probe } = start()
  await probe()
  state.now = WRITE_STANDS - 1
  await probe()
  state.now = WRITE_STANDS
  await probe()
  expect(state.done).toEqual(['write', 'read', 'write'])
})

it('writes each time until one is taken again', async () => {
  const { state, probe } = start()
  await probe()
  state.fails = true
  state.now = WRITE_STANDS
  await expect(probe()).rejects.toThrow('full')
  await expect(probe()).rejects.toThrow('full')
  state.fails = false
  await probe()
  await probe()
  expect(state.done).toEqual(['write', 'write', 'write', 'write', 'read'])
})
