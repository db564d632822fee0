import { describe, expect, test } from 'vitest'
import { closing, count } from '../../scripts/counts.mjs'

const file = (...statuses: string[]) => ({
  name: 'test/a.test.ts',
  status: statuses.includes('failed') ? 'failed' : 'passed',
  message: '',
  assertionResults: statuses.map((status, index) => ({ fullName: `test ${index}`, status })),
})

const run = (code: number, ...testResults: ReturnType<typeof file>[]) => count({ testResults }, code)

describe('counting a test run', () => {
  test('tests of all files are added up', () => {
    const counts = run(1, file('passed', 'passed'), file('passed', 'failed'))
    expect(counts).toEqual({ passed: 3, failed: 1, complaints: [] })
    expect(closing(counts)).toBe('3 passed, 1 failed')
  })

  test.each(['skipped', 'pending', 'todo', 'disabled'])('a test that was %s is failed', (status) => {
    const counts = run(0, file('passed', status))
    expect(counts.failed).toBe(1)
    expect(counts.complaints).toEqual([`"test 1" was ${status}; a test runs or goes.`])
  })

  test('a file that could not be loaded is one failure, with its message', () => {
    const broken = { ...file(), status: 'failed', message: 'no such module' }
    const counts = run(1, file('passed'), broken)
    expect(counts).toMatchObject({ passed: 1, failed: 1 })
    expect(counts.complaints[0]).toContain('no such module')
  })

  test('a hook that failed after its tests passed is a failure', () => {
    expect(run(1, { ...file('passed'), status: 'failed' })).toMatchObject({ passed: 1, failed: 1 })
  })

  test('an error outside of the tests is a failure', () => {
    expect(run(1, file('passed'))).toMatchObject({ passed: 1, failed: 1 })
  })

  test('a run without a test, or without a report, is a failure', () => {
    expect(run(0).failed).toBe(1)
    expect(count(null, 1)).toEqual({ passed: 0, failed: 1, complaints: ['No test ran.'] })
  })
})
