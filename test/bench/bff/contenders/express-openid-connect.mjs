// @ts-check
/** A session in an encrypted cookie, and the access token put on each call. */
import { Agent, createServer } from 'node:http'
import express from 'express'
import openid from 'express-openid-connect'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { listening } from '../listening.mjs'
import { signedIn } from '../signed-in.mjs'

/** @param {string} upstream */
export async function start(upstream) {
  const app = express()
  const server = createServer(app)
  const url = (await listening(server)).replace('127.0.0.1', 'localhost')
  const { idp, login } = await signedIn(url, '/bff/callback')
  app.use(
    openid.auth({
      issuerBaseURL: idp.issuer,
      baseURL: url,
      clientID: idp.clientId,
      clientSecret: idp.clientSecret,
      secret: 'bench-secret-for-the-session-0123456789',
      authRequired: true,
      idpLogout: false,
      routes: { callback: '/bff/callback' },
      authorizationParams: { response_type: 'code', scope: 'openid profile offline_access' },
      session: { rollingDuration: 86_400, absoluteDuration: 86_400 },
    }),
  )
  app.use(
    createProxyMiddleware({
      target: upstream,
      agent: new Agent({ keepAlive: true }),
      on: {
        proxyReq(onward, request) {
          const { oidc } =
            /** @type {import('express').Request & { oidc: import('express-openid-connect').RequestContext }} */ (
              request
            )
          onward.setHeader('authorization', `Bearer ${oidc.accessToken?.access_token}`)
          onward.removeHeader('cookie')
        },
      },
    }),
  )
  const cookies = await login(`${url}/bytes/1`, ['appSession'])
  const cookie = Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  return { url, headers: { cookie }, path: (/** @type {string} */ path) => path }
}
