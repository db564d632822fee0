import type { Configuration } from 'oidc-provider'
import { escape, page, PAGE_HEADERS } from './layout.js'

/** What the user sees where the provider cannot send them back to an application. */
export const errorPage: NonNullable<Configuration['renderError']> = (ctx, out) => {
  const { error, error_description: description } = out
  ctx.set(PAGE_HEADERS)
  ctx.body = page(
    'This request cannot be answered',
    ctx.oidc.issuer,
    `<p>Go back to the application and start again there.</p>
<dl><dt>Error</dt><dd>${escape(error)}</dd>${
      description === undefined ? '' : `<dt>Reason</dt><dd>${escape(description)}</dd>`
    }</dl>`,
  )
}
