/** Scripts and styles that stand in a page itself, by their hashes (CSP Level 3 §2.3.1): what was deployed runs, and what is put in later does not. */
import { createHash } from 'node:crypto'

/** Source expressions, e.g. `'sha256-…'`. */
export interface Inline {
  readonly scripts: readonly string[]
  readonly styles: readonly string[]
}

/** How many of a kind are let in: a header has to be sent with each answer. */
const MOST = 32

const attributes = String.raw`(?:[^>"']|"[^"]*"|'[^']*')*`
const scripts = new RegExp(String.raw`<script(?=[\s>/])(${attributes})>([^]*?)</script`, 'gi')
const styles = new RegExp(String.raw`<style(?=[\s>/])(${attributes})>([^]*?)</style`, 'gi')

/** What stands in this HTML. */
export const inlineIn = (html: string): Inline => ({
  scripts: hashesOf(html, scripts),
  styles: hashesOf(html, styles),
})

function hashesOf(html: string, elements: RegExp): readonly string[] {
  const found = [...html.matchAll(elements)]
    .filter(([, given = '']) => !/(?:^|[\s"'/])src\s*=/i.test(given))
    // A parser makes one kind of line end of all (HTML §13.2.3.5).
    .map(([, , text = '']) => text.replace(/\r\n?/g, '\n'))
    .filter((text) => text !== '')
    .map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  return [...new Set(found)].slice(0, MOST)
}
