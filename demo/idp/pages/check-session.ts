import { createHash } from 'node:crypto'
import { BROWSER_STATE } from '../browser-state.js'

/**
 * The OP iframe (OpenID Connect Session Management 1.0 §3.3): asked with `client_id + ' ' + session_state`, it answers `unchanged`,
 * `changed`, or `error` where that is no question. It reads the browser state anew each time, and asks no server.
 */
const SCRIPT = `
const browserState = () => {
  const prefix = '${BROWSER_STATE}='
  const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(prefix))
  return found === undefined ? '' : found.slice(prefix.length)
}
const hashed = async (text) => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
const answer = async (question, origin) => {
  const [, client, hash, salt] = /^(\\S+) ([^ .]+)\\.([^ .]+)$/.exec(question) ?? []
  if (client === undefined) return 'error'
  return (await hashed([client, origin, browserState(), salt].join(' '))) === hash ? 'unchanged' : 'changed'
}
addEventListener('message', async ({ data, origin, source }) => {
  source.postMessage(await answer(String(data), origin).catch(() => 'error'), origin)
})
`

/** The page, without style or content: nobody sees it. */
export const CHECK_SESSION_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Session check</title><script>${SCRIPT}</script></head><body></body></html>
`

const HASH = createHash('sha256').update(SCRIPT).digest('base64')

/** Its headers: that script and nothing else, in frames of these origins alone; the page is the same each time. */
export const checkSessionHeaders = (origins: readonly string[]): Record<string, string> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; script-src 'sha256-${HASH}'; base-uri 'none'; frame-ancestors ${
    origins.join(' ') || "'none'"
  }`,
  'cache-control': 'no-cache',
  'referrer-policy': 'no-referrer',
})
