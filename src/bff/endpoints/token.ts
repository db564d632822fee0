/** `GET /token`: the access token for a page that calls APIs itself (token-mediating backend, RFC 10017 §6.2). Off by default. */
import type { TokenAnswer } from '../../protocol.js'
import { access } from '../access.js'
import { json } from '../answers.js'
import { claimant, refreshCookies } from '../holder.js'
import type { Door } from '../house.js'
import { problem } from '../problems.js'

/** The door; it is there in mediated mode only. Renews what is expired, and does not move the idle end. */
export const token: Door = async (house, visit, _request, claim) => {
  const holder = await claimant(house, visit, claim)
  if (holder instanceof Response) return holder
  const granted = await access(house, visit, holder, {}, null)
  if ('refusal' in granted) return granted.refusal
  const { value, expiresAt, dpopKey } = granted.token
  // From before `idp.dpop` was taken away: bound to a key that no page has.
  if (dpopKey !== undefined)
    return problem('login_required', {
      detail:
        'The access token is bound to a key of this BFF (RFC 9449). Sign in anew for one that a page can use.',
    })
  await refreshCookies(house, visit, granted.open)
  return json({ access_token: value, expires_at: expiresAt } satisfies TokenAnswer)
}
