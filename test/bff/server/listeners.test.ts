import { describe, expect, it } from 'vitest'
import { adminAddress, appAddress, listenerRule } from '../../../src/bff/server/listeners.js'

const faults = (...given: Parameters<(typeof listenerRule)[1]>): readonly unknown[] =>
  listenerRule[1](...given)

describe('listeners', () => {
  it('are on this machine alone, and the app’s at 3000, where nothing is said', () => {
    expect(appAddress({})).toEqual({ host: '127.0.0.1', port: 3000 })
    expect(adminAddress({})).toBeNull()
    expect(adminAddress({ admin: { listen: { port: 0 } } })).toEqual({ host: '127.0.0.1', port: 0 })
  })

  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['LOCALHOST', 'localhost', true],
    ['localhost', '127.0.0.1', true],
    ['::1', 'localhost', true],
    ['0.0.0.0', '127.0.0.1', true],
    ['app.internal', '0.0.0.0', true],
    ['::', '127.0.0.1', true],
    ['0.0.0.0', '::', true],
    ['::', '::1', true],
    ['[::1]', '::1', true],
    ['0.0.0.0', '::1', false],
    ['127.0.0.1', '::1', false],
    ['127.0.0.1', '127.0.0.2', false],
    ['app.internal', '127.0.0.1', false],
  ])('at %s and %s on one port are in each other’s way: %s', (one, other, isWrong) => {
    const options = { listen: { host: one, port: 80 }, admin: { listen: { host: other, port: 80 } } }
    expect(faults(options)).toHaveLength(isWrong ? 1 : 0)
    expect(faults({ ...options, listen: { host: one, port: 81 } })).toEqual([])
    // Each takes another one that is free.
    const free = { listen: { host: one, port: 0 }, admin: { listen: { host: other, port: 0 } } }
    expect(faults(free)).toEqual([])
  })

  it('are told by name, where one has its port by default, too', () => {
    expect(faults({ admin: { listen: { port: 3000 } } })).toEqual([
      {
        option: 'admin.listen.port',
        message:
          'is 3000, and so is listen.port where nothing is said: one of them could not listen. Choose another port for one, or 0 for any that is free.',
      },
    ])
  })
})
