/**
 * The hint: a cookie that says which session this browser holds, and which generation of its tokens is the newest. Tabs compare what
 * they hold with it, because a cookie is never stale, unlike storage and messages (DESIGN §4). Readable, no secret.
 */

/** What the cookie says: `<startedAt>.<generation>.<ref>.<user>.<spare>`. */
export interface Mark {
  /** When the app session began, ms in the device's clock: at a page load no other is known yet. */
  readonly startedAt: number
  /** Counts what was issued to this session: its first tokens are 1. */
  readonly generation: number
  /** A refresh token of this generation is on its way, and may be used up: `!` after the generation. */
  readonly isSent: boolean
  /** '' where somebody is probably signed in, and no more is known. */
  readonly ref: string
  /** {@link userMark} of whose it is. */
  readonly user: string
  /**
   * An older generation whose refresh token was not used for a newer one, which came by an authentication of its own: a page that was
   * asleep may hold it, and go on with it. 0: none.
   */
  readonly spare: number
}

/** Reads the cookie leniently: an older version wrote the first number only. */
export function readMark(value: string | undefined): Mark | undefined {
  if (value === undefined) return undefined
  const [startedAt, generation = '', ref = '', user = '', spare] = value.split('.')
  return {
    startedAt: Number(startedAt),
    generation: Number.parseInt(generation, 10) || 0,
    isSent: generation.endsWith('!'),
    ref,
    user,
    spare: Number(spare) || 0,
  }
}

/** As the cookie's value. */
export const writeMark = ({ startedAt, generation, isSent, ref, user, spare }: Mark): string =>
  `${Math.round(startedAt)}.${generation}${isSent ? '!' : ''}.${ref}.${user}.${spare}`

/** 32 bits by which the user of one session is told from another, and nobody is recognized (FNV-1a). */
export function userMark(ref: string, sub: string): string {
  let hash = 0x811c9dc5
  for (const character of `${ref} ${sub}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return (hash >>> 0).toString(36)
}
