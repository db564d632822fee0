// @ts-check
/**
 * The statements this project is built from, S01 to S43, and the tests that prove them: each has its statement's number at the beginning of its
 * title, in test/requirements.
 */
import { readFileSync } from 'node:fs'

/** @type {Readonly<Record<string, string>>} number → what it says */
export const statements = JSON.parse(
  readFileSync(new URL('../test/requirements/statements.json', import.meta.url), 'utf8'),
)

/**
 * @typedef {{ title: string, file: string, status: string }} Proof
 * @typedef {{ number: string, statement: string, proofs: readonly Proof[], result: 'passed' | 'failed' | 'missing' }} Proven
 */

/**
 * Every statement with its tests, in order.
 * @param {import('./counts.mjs').FileResult[]} files of vitest's JSON report
 * @param {string} root the checkout, which the names of files begin with
 * @returns {Proven[]}
 */
export function proven(files, root) {
  const proofs = files
    .flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ title = '', status }) => ({
        title,
        status,
        file: name.replace(root, '').replace(/^\//, ''),
      })),
    )
    .filter(({ file }) => file.startsWith('test/requirements/'))
    .toSorted((one, other) => (one.file + one.title < other.file + other.title ? -1 : 1))
  return Object.entries(statements).map(([number, statement]) => {
    const own = proofs.filter(({ title }) => title.startsWith(`${number} `))
    const result =
      own.length === 0 ? 'missing' : own.every(({ status }) => status === 'passed') ? 'passed' : 'failed'
    return { number, statement, proofs: own, result }
  })
}

/** One line for each, and one for all. @param {readonly Proven[]} all */
export function lines(all) {
  const passed = all.filter(({ result }) => result === 'passed').length
  return [
    ...all.map(
      ({ number, statement, proofs, result }) =>
        `${number} ${result.padEnd(7)} ${String(proofs.length).padStart(2)}  ${statement}`,
    ),
    `${passed} of ${all.length} statements proven`,
  ]
}

/** What docs/requirements.md says. @param {readonly Proven[]} all */
export function document(all) {
  const rows = all.map(({ number, statement, proofs, result }) => {
    const files = [...new Set(proofs.map(({ file }) => file))].map((file) => {
      const titles = proofs
        .filter((proof) => proof.file === file)
        .map(({ title }) => title.slice(number.length + 1))
      return `[${file.replace('test/requirements/', '')}](../${file}): ${titles.join('; ').replaceAll('|', '\\|')}`
    })
    return `| ${number} | ${statement} | ${files.join('<br>')} | ${result} |`
  })
  return `# Requirements, and what proves them

Tandem is built from Mosaic's “How frontend sessions work”. These are its statements in our words, each with the tests that prove it and their last
result. Written by \`npm run requirements\`, which runs them; \`npm test\` prints the same list and fails where one is missing. That the tests can fail is
shown by \`npm run mutations\`: it breaks the rules one by one.

| | statement | proven by | last result |
|---|---|---|---|
${rows.join('\n')}
`
}
