// @ts-check
/** What a test run amounts to, from vitest's JSON report and exit code. */

/**
 * The part of vitest's JSON report read here. Files that failed as a whole have no tests in it.
 * @typedef {{ name: string, status: string, message: string, assertionResults: { fullName: string, title?: string, status: string }[] }} FileResult
 * @typedef {{ passed: number, failed: number, complaints: string[] }} Counts
 */

/**
 * Counts passed and failed tests. What did not run is failed: skipped and todo tests, files that could not be loaded;
 * and so is a run that ended badly though every test passed, or in which there was none.
 * @param {{ testResults: FileResult[] } | null} report null where vitest wrote none
 * @param {number} code vitest's exit code
 * @returns {Counts}
 */
export function count(report, code) {
  const files = report?.testResults ?? []
  const tests = files.flatMap((file) => file.assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const refused = tests.filter(({ status }) => status === 'failed').length
  const broken = files.filter((file) => file.status === 'failed' && !file.assertionResults.some(isFailed))
  const idle = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  const complaints = [
    ...broken.map(({ name, message }) => `${name} failed as a whole: ${message || 'see above'}`),
    ...idle.map(({ fullName, status }) => `"${fullName}" was ${status}; a test runs or goes.`),
  ]
  let failed = refused + complaints.length
  if (failed === 0 && (code !== 0 || passed === 0)) {
    complaints.push(
      passed === 0 ? 'No test ran.' : `vitest ended with ${code} though every test passed; see above.`,
    )
    failed = 1
  }
  return { passed, failed, complaints }
}

/** @param {{ status: string }} test */
const isFailed = ({ status }) => status === 'failed'

/**
 * The last line of a run.
 * @param {Counts} counts
 */
export const closing = ({ passed, failed }) => `${passed} passed, ${failed} failed`
