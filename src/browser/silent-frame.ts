/**
 * A hidden frame that goes to another site and ends at a page of ours, which posts its own address to us. That page
 * needs one line: `parent.postMessage({ tandem: location.href }, location.origin)`.
 */
import { NetworkError } from '../errors.js'
import type { Clock } from './clock.js'

/** How long a frame is waited for, ms: long enough for two sites, short enough to ask in another way then. */
const PATIENCE = 5_000

/**
 * Opens `url` in a hidden frame; resolves with the address it ended at, if that is on the page's own origin.
 * @throws NetworkError after 5 s: the other site shows a page, forbids frames, or does not answer
 */
export function openFrame(page: Window, clock: Pick<Clock, 'now' | 'at'>, url: string): Promise<string> {
  const { document, location } = page
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = url
  return new Promise<string>((resolve, reject) => {
    const onMessage = ({ source, origin, data }: MessageEvent<{ tandem?: unknown } | null>): void => {
      if (source !== frame.contentWindow || origin !== location.origin) return
      if (typeof data?.tandem === 'string') close(() => resolve(data.tandem as string))
    }
    const close = (settle: () => void): void => {
      cancel()
      page.removeEventListener('message', onMessage)
      frame.remove()
      settle()
    }
    const late = new NetworkError(
      'timeout',
      `The hidden frame brought no answer within ${PATIENCE / 1000} s.`,
    )
    const cancel = clock.at(clock.now() + PATIENCE, () => close(() => reject(late)))
    page.addEventListener('message', onMessage)
    document.body.append(frame)
  })
}

/** In such a frame: posts the address to the page around it. False where there is none. */
export function answerFrame(page: Window): boolean {
  const { parent, location } = page
  if (!parent || parent === page) return false
  parent.postMessage({ tandem: location.href }, location.origin)
  return true
}
