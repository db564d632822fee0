// @ts-check
/** What went wrong, as a sentence with what to do, at the top of the page. */
import { byId, element } from './dom.js'
import { sentenceFor } from './sentences.js'

/** Takes the message away. */
export const clearAlert = () => byId('alert').replaceChildren()

/**
 * Says what went wrong.
 * @param {unknown} error whatever was thrown
 * @param {() => void} retry what "Log in" does, where that helps
 */
export const showAlert = (error, retry) => {
  const { title, advice, retry: helps, code, detail } = sentenceFor(error)
  const dismiss = element('button', { type: 'button' }, 'Dismiss')
  const row = element('div', { class: 'button-row' })
  dismiss.addEventListener('click', () => {
    clearAlert()
    byId('main').focus({ preventScroll: true })
  })
  if (helps === true && document.documentElement.dataset['status'] !== 'authenticated') {
    const again = element('button', { type: 'button', class: 'primary' }, 'Log in')
    again.addEventListener('click', retry)
    row.append(again)
  }
  row.append(dismiss)
  const summary = element('summary', {}, 'Details')
  const details = element('details', {}, summary, element('p', {}, element('code', {}, `${code}: ${detail}`)))
  byId('alert').replaceChildren(element('p', {}, element('strong', {}, title), ` ${advice}`), details, row)
}
