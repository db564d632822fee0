import type { KoaContextWithOIDC } from 'oidc-provider'
import { escape, page, PAGE_HEADERS } from './layout.js'

const nameOf = ({ oidc }: KoaContextWithOIDC): string =>
  escape(oidc.client?.clientName ?? oidc.client?.clientId ?? 'an application')

/**
 * The page of the logout endpoint (RP-Initiated Logout 1.0 §2). With an ID token of the user who is signed
 * in it submits itself; otherwise the user confirms, so that no other site can sign them out.
 */
export const logoutPage = (ctx: KoaContextWithOIDC, form: string): void => {
  const { entities, issuer, session } = ctx.oidc
  const known = entities.IdTokenHint?.payload.sub === session?.accountId
  const buttons = `<div class="stack">
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
${known ? '' : '<button class="quiet" type="submit" form="op.logoutForm">Stay signed in</button>'}
</div>`
  const submit = `<script>document.querySelector('button[name=logout]').click()</script>`
  ctx.set(PAGE_HEADERS)
  ctx.body = known
    ? page('Signing you out', issuer, `<p>One moment.</p>${form}${buttons}${submit}`)
    : page('Sign out?', issuer, `<p>${nameOf(ctx)} asks to sign you out here.</p>${form}${buttons}`)
}

/** Where a logout ends when no application asked to have the user back. */
export const signedOutPage = (ctx: KoaContextWithOIDC): void => {
  ctx.set(PAGE_HEADERS)
  ctx.body = page('You are signed out', ctx.oidc.issuer, '<p>You can close this page.</p>')
}
