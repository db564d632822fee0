// @ts-check
import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy-3'
import { listening } from '../listening.mjs'
import { someSession } from '../browser.mjs'

/** @param {string} upstream */
export async function start(upstream) {
  const proxy = httpProxy.createProxyServer({ target: upstream, agent: new Agent({ keepAlive: true }) })
  const server = createServer((request, response) => proxy.web(request, response))
  return { url: await listening(server), headers: someSession, path: (/** @type {string} */ path) => path }
}
