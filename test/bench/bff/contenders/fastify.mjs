// @ts-check
import proxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { someSession } from '../browser.mjs'

/** @param {string} upstream */
export async function start(upstream) {
  const app = Fastify()
  await app.register(proxy, { upstream })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, headers: someSession, path: (/** @type {string} */ path) => path }
}
