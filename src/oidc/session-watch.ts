/**
 * What the OP iframe's answers mean (OpenID Connect Session Management 1.0 §3). It sees the IDP's session through a cookie, which browsers
 * keep from frames of another site, and then it says `changed` whatever is true. So it has to prove itself first, and even then a
 * change is a suspicion and no answer: somebody else may have signed in, or the same user anew.
 */

/** The answers of the frame; `none`: it says nothing. */
export type FrameAnswer = 'unchanged' | 'changed' | 'error' | 'none'

/** What is watched: the session here, and the `session_state` of the authorization answer it is from. */
export interface Watched {
  readonly ref: string
  readonly sessionState: string
}

/** The edges of the watch. */
export interface SessionWatchWorld {
  readonly clientId: string
  /** The IDP's `check_session_iframe`, or null where it has none. */
  url(): Promise<string | null>
  /** Opens that frame and asks it this again and again. Returns the way to stop. */
  open(url: string, question: string, hear: (answer: FrameAnswer) => void): () => void
  /** What a frame of this browser has proven itself with: tabs that ask later need no proof of their own. Null: it is used up. */
  readonly proof: { get(): Watched | null; set(watched: Watched | null): void }
  /** The session at the IDP may be another, or over: has to be asked. Once for each `session_state`. */
  onSuspicion(): void
}

export interface SessionWatch {
  /** This is the session now, or none is; the same again changes nothing. */
  follow(watched: Watched | null): void
}

/** Watches nothing yet. */
export function createSessionWatch(world: SessionWatchWorld): SessionWatch {
  const { clientId, proof } = world
  let current: Watched | null = null
  /** The session whose frame sees nothing: it is not asked again. */
  let blind: string | undefined
  let close = (): void => {}

  const ask = (url: string, asked: Watched): void => {
    let isProven = isSame(proof.get(), asked)
    close = world.open(url, `${clientId} ${asked.sessionState}`, (answer) => {
      if (answer === 'unchanged') {
        if (!isProven) proof.set(asked)
        isProven = true
        return
      }
      close()
      const latest = proof.get()
      // Another tab has a later state of this session.
      if (answer === 'changed' && latest?.ref === asked.ref && !isSame(latest, asked)) ask(url, latest)
      else if (answer === 'changed' && isProven) {
        proof.set(null)
        world.onSuspicion()
      }
      // Right after a login nothing can have changed; and who cannot tell is not believed again.
      else blind = asked.ref
    })
  }

  const watch = async (watched: Watched): Promise<void> => {
    // Without metadata nothing is watched; whoever needs it more will say that it is missing.
    const url = await world.url().catch(() => null)
    if (url !== null && current === watched) ask(url, watched)
  }

  return {
    follow(watched) {
      if (isSame(watched, current)) return
      close()
      close = () => {}
      current = watched
      // No space may be in it (§2): with one, the frame would be asked something else.
      if (watched !== null && watched.ref !== blind && !/\s/.test(watched.sessionState)) void watch(watched)
    },
  }
}

const isSame = (one: Watched | null, other: Watched | null): boolean =>
  one?.ref === other?.ref && one?.sessionState === other?.sessionState
