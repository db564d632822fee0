/** One session, on the wire and off it. */
import type { WireSession } from '../src/protocol.js'
import type { Session } from '../src/session/session.js'

export const wire: WireSession = {
  ref: 'r3f',
  user: {
    sub: 'alice',
    given_name: 'Alice',
    'https://example.com/claim_of_ours': { someThing: 1, some_thing: 2 },
  },
  app: { started_at: 1_000, idle_ends_at: 2_000, ends_at: 3_000 },
  idp: { status: 'ended', sid: 's1d', ends_at: 4_000, ended_by: 'refresh_lost' },
  access: {
    expires_at: 5_000,
    extendable: false,
    extendable_until: 6_000,
    scope: ['openid'],
    audience: ['https://api.example.com'],
    roles: [],
  },
  authentication: { time: 7_000, acr: 'mfa', amr: ['pwd', 'otp'] },
}
export const session: Session = {
  ref: 'r3f',
  user: wire.user,
  app: { startedAt: 1_000, idleEndsAt: 2_000, endsAt: 3_000 },
  idp: { status: 'ended', sid: 's1d', endsAt: 4_000, endedBy: 'refresh_lost' },
  access: {
    expiresAt: 5_000,
    extendable: false,
    extendableUntil: 6_000,
    scope: ['openid'],
    audience: ['https://api.example.com'],
    roles: [],
  },
  authentication: { time: 7_000, acr: 'mfa', amr: ['pwd', 'otp'] },
}
