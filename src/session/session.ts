/**
 * What a session is (DESIGN §3). A session holds no token: it is safe to show, log and broadcast.
 * All times are ms since the epoch, in the server's clock.
 */
import type { EndReason, SessionError } from '../errors.js'

export type { EndReason }

/**
 * Claims about the user: `sub` and whatever was asked for. Those of OpenID Connect Core §5.1 have the types that it says; they are
 * handed on as the IDP tells them.
 */
export interface Claims {
  readonly sub: string
  readonly name?: string | undefined
  readonly given_name?: string | undefined
  readonly family_name?: string | undefined
  readonly middle_name?: string | undefined
  readonly nickname?: string | undefined
  readonly preferred_username?: string | undefined
  readonly profile?: string | undefined
  readonly picture?: string | undefined
  readonly website?: string | undefined
  readonly email?: string | undefined
  /** Some IDPs tell it as text. */
  readonly email_verified?: boolean | string | undefined
  readonly gender?: string | undefined
  readonly birthdate?: string | undefined
  readonly zoneinfo?: string | undefined
  readonly locale?: string | undefined
  readonly phone_number?: string | undefined
  readonly phone_number_verified?: boolean | string | undefined
  /** s since the epoch */
  readonly updated_at?: number | undefined
  readonly [claim: string]: unknown
}

/** How the session at the IDP ended, as far as it is known. */
export type IdpEnd = 'logout' | 'expired' | 'revoked' | 'refresh_lost' | 'unknown'

/** The app's own session beside the session at the IDP. */
export interface Session {
  /** Public reference, random, new at every authentication; no credential. */
  readonly ref: string
  readonly user: Claims
  readonly app: {
    readonly startedAt: number
    /** When it ends if the user does nothing more; absent where there is no idle limit. */
    readonly idleEndsAt?: number
    /** When it ends whatever the user does. */
    readonly endsAt: number
  }
  readonly idp: {
    readonly status: 'active' | 'ended' | 'unknown'
    /** The IDP's session id, where it tells one (OpenID Connect Back-Channel Logout 1.0 §2.1). */
    readonly sid?: string
    /**
     * When the IDP session expires as far as that is known: to show. Other apps may have kept it alive for longer, so
     * whether it is over is asked, and `status` has the answer.
     */
    readonly endsAt?: number
    readonly endedBy?: IdpEnd
  }
  readonly access: {
    readonly expiresAt: number
    /** Whether access can be renewed without the user. */
    readonly extendable: boolean
    /** The last moment it can be renewed: a resource's cap on rotating its refresh token. */
    readonly extendableUntil?: number
    readonly scope: readonly string[]
    readonly audience: readonly string[]
    readonly roles: readonly string[]
  }
  readonly authentication: {
    /** When the user last authenticated (`auth_time`). */
    readonly time: number
    readonly acr?: string
    readonly amr: readonly string[]
  }
}

/** What an access demands of the session. */
export interface Criteria {
  /** Longest time since the user authenticated, in seconds (`max_age`, OpenID Connect Core §3.1.2.1). */
  readonly maxAge?: number
  /** One of these authentication contexts (`acr`). */
  readonly acr?: string | readonly string[]
  /** All of these authentication methods (`amr`, RFC 8176). */
  readonly amr?: string | readonly string[]
  /** All of these audiences. */
  readonly audience?: string | readonly string[]
  /** All of these scopes. */
  readonly scope?: string | readonly string[]
  /** All of these roles. No authentication can add one. */
  readonly roles?: string | readonly string[]
  /** This user (`sub`). */
  readonly user?: string
}

/** What to do when the IDP session is over: end the app session at once, or rely on what it has until that expires. */
export interface IdpEndPolicy {
  readonly logout: 'end' | 'rely'
  readonly expired: 'end' | 'rely'
}

/** An explicit logout ends the app session; expiry or refusal relies until access expires. */
export const defaultIdpEndPolicy: IdpEndPolicy = { logout: 'end', expired: 'rely' }

/** Where the renewal of access stands. There is never more than one. */
export type Renewal =
  /** Due at `dueAt`; `null`: never, for nothing can be extended. */
  | { readonly status: 'idle'; readonly dueAt: number | null }
  | { readonly status: 'renewing'; readonly attempt: number }
  | {
      readonly status: 'waiting'
      readonly attempt: number
      /** When it is tried again, ms since the epoch. */
      readonly retryAt: number
      readonly error: SessionError
    }

/** Everything an app can be told about its session. Changed only by {@link transition}. */
export type SessionState =
  | {
      readonly status: 'loading'
      readonly error?: SessionError
      readonly retryAt?: number
      /** How often it was tried in vain. */
      readonly attempt?: number
      /** What was here until this browser seemed to hold another session: not to be shown until that is known. */
      readonly was?: Authenticated
    }
  | {
      readonly status: 'unauthenticated'
      /** Why the session that was there is over. */
      readonly reason?: EndReason
      /** Since when, as far as that is known (ms since the epoch). */
      readonly endedAt?: number
      readonly error?: SessionError
    }
  | { readonly status: 'redirecting'; readonly to: 'login' | 'logout'; readonly error?: undefined }
  | {
      readonly status: 'authenticated'
      readonly session: Session
      readonly renewal: Renewal
      /** Never there; what keeps access from being renewed is in `renewal`. So `state.error` can be read in every state. */
      readonly error?: undefined
      /** The end of the app session that the user has been warned of, so that no one is told twice. */
      readonly warnedFor?: number
      /** When the BFF was last asked about this end, which another tab may have moved. */
      readonly askedAt?: number | undefined
      /** The longest time that use was seen to give the session, ms; absent where its idle end has not moved yet. */
      readonly span?: number
    }

/** The state while there is a session. */
export type Authenticated = Extract<SessionState, { status: 'authenticated' }>

/** The session, if there is one. */
export const sessionIn = (state: SessionState): Session | undefined => signedIn(state)?.session

/** The state if there is a session. */
export const signedIn = (state: SessionState): Authenticated | undefined =>
  state.status === 'authenticated' ? state : undefined

/** When the app session is over: idle or absolute end, whichever comes first. ms since the epoch. */
export function appEndsAt(session: Session): number {
  return Math.min(session.app.idleEndsAt ?? Infinity, session.app.endsAt)
}

/** Whether access can still be renewed at `now` (ms): never once the IDP session is over or a cap has passed. */
export function isExtendable({ access, idp }: Session, now: number): boolean {
  return access.extendable && idp.status !== 'ended' && now < (access.extendableUntil ?? Infinity)
}

/** Whether both are one session: of the same authentication and the same user. */
export function isSameSession(one: Session, other: Session): boolean {
  return one.ref === other.ref && one.user.sub === other.user.sub
}

/** The same session with its IDP session marked as over: nothing can be extended any more. */
export function withIdpEnded(session: Session, endedBy: IdpEnd): Session {
  if (session.idp.status === 'ended') return session
  return {
    ...session,
    idp: { ...session.idp, status: 'ended', endedBy },
    access: { ...session.access, extendable: false },
  }
}

/**
 * The word for the end of an app session that the end of its IDP session brought. A refused refresh is
 * `idp_session_over` whoever made the IDP refuse it: `revoked` is an administrator's word about the app session.
 */
export function endReasonOf(endedBy: IdpEnd | undefined): EndReason {
  return endedBy === 'logout' || endedBy === 'refresh_lost' ? endedBy : 'idp_session_over'
}
