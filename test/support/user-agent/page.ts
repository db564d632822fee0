import { actionOf, formsIn, type Form, type PageAction } from './html.js'

/** Where a navigation ended: one document. */
export interface Page {
  /** With its fragment. */
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly forms: Form[]
  /** Every address on the way here, oldest first, this one last: redirects and pages that moved on by themselves. */
  readonly visited: URL[]
}

/** Reads an answer as a document. */
export const pageOf = async (answer: Response, url: URL, visited: URL[]): Promise<Page> => {
  const text = await answer.text()
  const html = answer.headers.get('content-type')?.startsWith('text/html') ?? false
  return {
    url,
    status: answer.status,
    headers: answer.headers,
    text,
    forms: html ? formsIn(text) : [],
    visited,
  }
}

/** What a document does by itself; null for anything that is not HTML. */
export const actionOfPage = (page: Page): PageAction | null =>
  page.headers.get('content-type')?.startsWith('text/html') ? actionOf(page.text) : null
