// @ts-check
/**
 * The lists survive the way to the provider and back: kept for this tab, and only what they show. No token is ever in
 * them, nor the value of a query parameter.
 */
import { eventsSoFar, note, showEvents } from './events.js'
import { requestsSoFar, showRequests } from './requests.js'

const KEY = 'demo.lists'
const MOST = 25

/** Shows what was listed before this page was loaded, and keeps the lists when it is left. */
export const keepLists = () => {
  try {
    const { events, requests } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}')
    if (Array.isArray(events)) showEvents(events)
    if (Array.isArray(requests)) showRequests(requests)
  } catch {
    // Whatever was there is no list of ours.
  }
  note('page loaded', location.pathname)
  addEventListener('pagehide', () => {
    const lists = { events: eventsSoFar().slice(0, MOST), requests: requestsSoFar().slice(0, MOST) }
    sessionStorage.setItem(KEY, JSON.stringify(lists))
  })
}
