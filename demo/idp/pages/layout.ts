const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text made safe for HTML, in elements and in quoted attributes. */
export const escape = (text: unknown): string =>
  String(text ?? '').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

const STYLE = `
:root { color-scheme: light dark; --ink: #17212b; --soft: #53616e; --line: #d5dce2; --ground: #eef2f4; --card: #fff;
  --accent: #0b5d52; --on-accent: #fff; --tint: #e3f1ee; --alarm: #a3182b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9eff3; --soft: #a3b1bd; --line: #34414c; --ground: #0f151a;
  --card: #182129; --accent: #5fd0bd; --on-accent: #06231f; --tint: #14322e; --alarm: #ff8d98; } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  padding: clamp(1.25rem, 5vw, 2rem) }
.issuer { margin: 0 0 .25rem; color: var(--soft); font-size: .875rem }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.2; text-wrap: balance }
h2 { margin: 1.5rem 0 .5rem; font-size: .875rem; color: var(--soft); font-weight: 600 }
p { margin: 0 0 1rem }
form { margin: 0 }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; font-size: .9375rem }
input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--soft); border-radius: .5rem }
button { width: 100%; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  border-radius: .5rem; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent) }
button.quiet { background: transparent; color: var(--accent); border-color: var(--line) }
:is(button, input, summary):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.people { display: grid; gap: .5rem }
.people button { display: flex; gap: .75rem; align-items: center; text-align: start; background: transparent;
  color: var(--ink); border-color: var(--line) }
.people button:hover, .people button.hinted { border-color: var(--accent); background: var(--tint) }
.people i { flex: none; display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: 50%;
  background: var(--accent); color: var(--on-accent); font-style: normal }
.people small { display: block; font-weight: 400; color: var(--soft) }
.stack { display: grid; gap: .5rem; margin-top: 1rem }
.note { margin: .25rem 0 0; color: var(--soft); font-size: .875rem }
.alarm { color: var(--alarm); font-weight: 600 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem .75rem; margin: 0; font-size: .875rem }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace }
`

/** A whole page: small, no outside assets, light and dark. `content` is HTML, `title` is text. */
export const page = (title: string, issuer: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="issuer">${escape(issuer)}</p>
<h1>${escape(title)}</h1>
${content}
</main>
</body>
</html>`

/** Headers of those pages: nothing from outside, no frames, no caching. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
}
