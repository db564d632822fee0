import { describe, expect, it } from 'vitest'
import { messageFrom, type Message } from '../../src/oidc/messages.js'
import { sessionFrom } from '../../src/oidc/session.js'
import { tokensOf } from './scripted-engine.js'

const tokens = tokensOf()
const session = sessionFrom(tokens, 'one', { startedAt: 1, endsAt: 2 })
const grant = { type: 'grant', generation: 3, session, tokens, offset: 5 } as const

describe('a message', () => {
  it.each<Message>([
    grant,
    { type: 'grant', generation: 1, session, tokens },
    { type: 'grant?' },
    { type: 'grant?', ref: 'one' },
    { type: 'ended', ref: 'one', reason: 'logout', endedAt: 1 },
    { type: 'ended', ref: 'one', reason: 'logout', endedAt: 1, generation: 2 },
    { type: 'idp-ended', ref: 'one', endedBy: 'expired' },
    { type: 'used', ref: 'one', at: 1 },
  ])('is heard as it was posted: $type', (message) => {
    expect(messageFrom(structuredClone(message))).toEqual(message)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'grant'],
    ['a list', ['grant']],
    ['an unknown one', { type: 'grants' }],
    ['an inherited name', { type: 'toString' }],
    ['a grant without a number', { ...grant, generation: '3' }],
    ['a grant without a session', { ...grant, session: null }],
    ['a grant of nothing', { type: 'grant', generation: 1 }],
    ['a grant without a beginning', { ...grant, session: { ...session, app: {} } }],
    ['a grant without tokens', { ...grant, tokens: undefined }],
    ['a grant without an access token', { ...grant, tokens: { ...tokens, accessToken: undefined } }],
    ['a grant of unknown life', { ...grant, tokens: { ...tokens, expiresAt: undefined } }],
    ['a grant for nobody', { ...grant, tokens: { ...tokens, claims: {} } }],
    ['an end of nothing', { type: 'ended', reason: 'logout', endedAt: 1 }],
    ['an end without a reason', { type: 'ended', ref: 'one', endedAt: 1 }],
    ['an end at the IDP without a cause', { type: 'idp-ended', ref: 'one' }],
    ['a use without a time', { type: 'used', ref: 'one' }],
  ])('of another shape is none: %s', (_, message) => {
    expect(messageFrom(message)).toBeNull()
  })
})
