/** The frame in which the IDP is asked about its session. Loaded where there is one to ask. */
import type { CheckSession } from '../browser/check-session.js'
import type { Platform } from '../browser/platform.js'
import type { Tabs } from '../browser/tabs.js'

/** Opens the frame at `url` and has it asked by one of the tabs that are looked at. Returns the way to stop. */
export type AskFrame = (url: string, question: string, hear: CheckSession['hear']) => () => void

/** @param lock under which one tab asks */
export function frameAsker({ page, clock }: Platform, tabs: Tabs, lock: string): AskFrame {
  return (url, question, hear) => {
    let stop = (): void => {}
    let isStopped = false
    const lead: CheckSession['lead'] = (begin) => tabs.lead(lock, begin)
    void import('../browser/check-session.js').then(
      ({ openCheckSession }) => {
        if (!isStopped) stop = openCheckSession(page, clock, { url, question, lead, hear })
      },
      // Without it nothing is watched, which is no reason to fail.
      () => {},
    )
    return () => {
      isStopped = true
      stop()
    }
  }
}
