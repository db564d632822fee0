import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { callApi, mosaicClient, startTestMosaic, TWO_WEEKS, type Mosaic } from '../support/mosaic.js'
import { createUserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let token: string

beforeEach(async () => {
  mosaic = await startTestMosaic()
  token = await mosaic.clientToken()
})
afterEach(() => mosaic.close())

const AUTHENTICATE = '/cis/v1/auth/session/authenticate'
const LOGOUT = '/cis/v1/auth/session/logout'
const SESSIONS = '/cis/v1/auth/users/alice/sessions'

describe('backend sessions', () => {
  it('are another stack: neither makes or ends a session of the other', async () => {
    const { session_id, access_token } = await mosaic.backendLogin('alice')
    expect(mosaic.sessions('alice')).toEqual([])
    expect(decodeJwt(access_token)).toMatchObject({ sub: 'alice', aud: 'userid-api', iss: mosaic.issuer })
    await mosaicClient(mosaic).signIn(createUserAgent(), 'alice')
    expect((await callApi(mosaic, 'POST', '/cis/v1/auth/logout', access_token)).status).toBe(401)
    expect((await callApi(mosaic, 'DELETE', '/cis/v1/sessions/alice', token)).status).toBe(200)
    expect((await callApi(mosaic, 'GET', SESSIONS, token)).body).toMatchObject([{ session_id }])
  })

  it('give new tokens for their identifier until they are over', async () => {
    const { session_id } = await mosaic.backendLogin('alice')
    const renewed = await callApi(mosaic, 'POST', AUTHENTICATE, token, { session_id })
    expect(renewed).toMatchObject({ status: 200, body: { session_id, id_token: expect.any(String) } })
    expect((await callApi(mosaic, 'POST', LOGOUT, token, { session_id })).status).toBe(204)
    expect(await callApi(mosaic, 'POST', AUTHENTICATE, token, { session_id })).toMatchObject({
      status: 400,
      body: { message: ['Session not found'], error_code: 400 },
    })
    const later = await mosaic.backendLogin('alice')
    mosaic.clock.advance(TWO_WEEKS * 1000)
    const again = await mosaic.clientToken()
    expect((await callApi(mosaic, 'POST', AUTHENTICATE, again, later)).status).toBe(400)
  })

  it('are listed and deleted by user, for clients only', async () => {
    await mosaic.backendLogin('alice')
    await mosaic.backendLogin('alice')
    expect((await callApi(mosaic, 'GET', SESSIONS)).status).toBe(401)
    expect((await callApi(mosaic, 'GET', SESSIONS, token)).body).toHaveLength(2)
    expect((await callApi(mosaic, 'DELETE', SESSIONS, token)).status).toBe(204)
    expect((await callApi(mosaic, 'GET', SESSIONS, token)).body).toEqual([])
  })
})
