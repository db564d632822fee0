import type { KoaContextWithOIDC } from 'oidc-provider'
import { page, PAGE_HEADERS } from '../idp/pages/layout.js'

/** The page of end_session: it asks nothing, and ends the session once the browser has run it. */
export const logoutPage = (ctx: KoaContextWithOIDC, form: string): void => {
  const button = '<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>'
  const submit = `<script>document.querySelector('button[name=logout]').click()</script>`
  ctx.set(PAGE_HEADERS)
  ctx.body = page('Signing you out', ctx.oidc.issuer, `<p>One moment.</p>${form}${button}${submit}`)
}
