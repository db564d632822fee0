import { describe, expect, it } from 'vitest'
import { readArguments } from '../../../src/bff/server/arguments.js'

describe('the command line', () => {
  it.each([
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
  ])('where there is %j it reads %s', (files, config) => {
    const exists = (file: string): boolean => files.includes(file)
    expect(readArguments([], exists)).toEqual({ command: 'run', config })
    expect(readArguments(['--config', 'a.json'], exists)).toEqual({ command: 'run', config: 'a.json' })
  })

  it.each([
    [['--wat'], "Unknown option '--wat'."],
    [['--port', '1'], "Unknown option '--port'."],
    [['a.json'], "Unexpected argument 'a.json'."],
    [['--config'], "Option '--config <value>' argument missing."],
    [['--config', '--check'], "Option '--config' argument is ambiguous."],
    [['--check=x'], "Option '--check' does not take an argument."],
  ])('%j is refused, with where to read on', (given, says) => {
    expect(() => readArguments(given)).toThrow(`${says} See tandem-bff --help.`)
  })

  it('without a configuration here says which names were tried', () => {
    const nothing = (): boolean => false
    for (const given of [[], ['--check']])
      expect(() => readArguments(given, nothing)).toThrow(
        `--config: tandem.config.json cannot be read, nor tandem.config.mjs: neither is in ${process.cwd()}.`,
      )
    expect(readArguments(['--help'], nothing)).toEqual({ command: 'help' })
  })
})
