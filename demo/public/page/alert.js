// @ts-check
/** What went wrong, as a sentence with what to do, at the top of the page. */
import { byId, element } from './dom.js'
import { sentenceFor } from './sentences.js'

/** Takes the message away. */
export const clearAlert = () => byId('alert').replaceChildren()

/** Takes it away where it says that somebody did not answer: somebody did, meanwhile. */
export const clearNoAnswer = () => {
  if (/^(network_failed|timeout|idp_unavailable)$/.test(byId('alert').dataset['code'] ?? '')) clearAlert()
}

/**
 * Says what went wrong.
 * @param {unknown} error whatever was thrown
 * @param {() => void} retry what the button does, where that helps
 * @param {string} [label] of that button, which is then always there
 */
export const showAlert = (error, retry, label) => {
  const { status } = document.documentElement.dataset
  const { title, advice, retry: helps, code, detail } = sentenceFor(error, status === 'unauthenticated')
  const dismiss = element('button', { type: 'button' }, 'Dismiss')
  const row = element('div', { class: 'button-row' })
  dismiss.addEventListener('click', () => {
    clearAlert()
    byId('main').focus({ preventScroll: true })
  })
  if (label !== undefined || (helps === true && status !== 'authenticated')) {
    const again = element('button', { type: 'button', class: 'primary' }, label ?? 'Log in')
    again.addEventListener('click', retry)
    row.append(again)
  }
  row.append(dismiss)
  const summary = element('summary', {}, 'Details')
  const details = element('details', {}, summary, element('p', {}, element('code', {}, `${code}: ${detail}`)))
  byId('alert').dataset['code'] = code
  byId('alert').replaceChildren(element('p', {}, element('strong', {}, title), ` ${advice}`), details, row)
}
