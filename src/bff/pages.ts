/** The few pages the BFF shows. Plain HTML: no script, nothing loaded. */

/** Asks the browser to load the same address once more: then it is the app's own site that asks, and the session cookie comes along. */
export const reloadPage = (address: string): Response =>
  page(200, 'One moment', `<meta http-equiv="refresh" content="0;url=${escape(address)}">`, [
    `<p><a href="${escape(address)}">Continue</a></p>`,
  ])

/** Tells that signing in failed, and offers to try again; `login` is where to. */
export const signInPage = (login: string): Response =>
  page(401, 'You are not signed in', '', [
    '<h1>You are not signed in</h1>',
    '<p>Signing in did not work, or did not last.</p>',
    `<p><a href="${escape(login)}">Sign in</a></p>`,
  ])

/** Tells whoever runs the app what a proxy in between has to do; `url` is what came in, `origin` where the visitor is. */
export const wrongHostPage = (origin: string, url: string): Response =>
  page(400, 'This application cannot be reached', '', [
    '<h1>This application cannot be reached</h1>',
    `<p>It is at <code>${escape(origin)}</code>, and so are you; but what came in asks for <code>${escape(url)}</code>.`,
    'Something in between changed it.</p>',
    '<p>If you run this application: let the proxy in front pass the <code>Host</code> header on, and say the scheme in',
    '<code>X-Forwarded-Proto</code>; or set <code>origin</code> to where the application is.</p>',
    `<p><a href="${escape(origin)}/">Back to the application</a></p>`,
  ])

/** Asks a visitor to wait, and goes to `address` by itself then. `wait` in ms. */
export function busyPage(address: string, wait: number): Response {
  const seconds = Math.max(1, Math.ceil(wait / 1000))
  const again = `<meta http-equiv="refresh" content="${seconds};url=${escape(address)}">`
  const answer = page(429, 'One moment', again, [
    '<h1>One moment</h1>',
    '<p>There are too many people signing in just now. This page goes on by itself.</p>',
    `<p><a href="${escape(address)}">Continue</a></p>`,
  ])
  answer.headers.set('Retry-After', String(seconds))
  return answer
}

function page(status: number, title: string, head: string, body: readonly string[]): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">${head}</head>
<body>${body.join('\n')}</body></html>`
  return new Response(html, {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cross-Origin-Opener-Policy': 'same-origin',
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="bff"' }),
    },
  })
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
