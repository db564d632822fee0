import { describe, expect, it } from 'vitest'
import { readArguments } from '../../../src/bff/server/arguments.js'

describe('the command line', () => {
  it.each([
    [[], { command: 'run', config: 'tandem.config.json' }],
    [['--config', 'a.mjs'], { command: 'run', config: 'a.mjs' }],
    [['--config=a.mjs', '--check'], { command: 'check', config: 'a.mjs' }],
    [['--help'], { command: 'help' }],
    [['-h'], { command: 'help' }],
    [['--version', '--check'], { command: 'version' }],
  ])('%j', (given, meant) => {
    expect(readArguments(given)).toEqual(meant)
  })

  it.each([
    [['tandem.config.json', 'tandem.config.mjs'], 'tandem.config.json'],
    [['tandem.config.mjs'], 'tandem.config.mjs'],
    [[], 'tandem.config.json'],
  ])('where there is %j it reads %s', (files, config) => {
    const exists = (file: string): boolean => files.includes(file)
    expect(readArguments([], exists)).toEqual({ command: 'run', config })
    expect(readArguments(['--config', 'a.json'], exists)).toEqual({ command: 'run', config: 'a.json' })
  })

  it.each([
    [['--port', '1'], '--port'],
    [['a.json'], 'a.json'],
    [['--config'], '--config'],
  ])('%j is refused', (given, named) => {
    expect(() => readArguments(given)).toThrow(named)
  })
})
