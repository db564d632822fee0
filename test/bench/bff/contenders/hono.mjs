// @ts-check
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { proxy } from 'hono/proxy'
import { someSession } from '../browser.mjs'

/** @param {string} upstream */
export async function start(upstream) {
  const app = new Hono()
  app.all('/*', ({ req }) => proxy(upstream + req.path, { raw: req.raw }))
  const url = await new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    )
  })
  return { url, headers: someSession, path: (/** @type {string} */ path) => path }
}
