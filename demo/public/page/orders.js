// @ts-check
/** What the API answered, and the page of one order: a deep link that a login comes back to. */
import { byId, element, say } from './dom.js'
import { config, withMode } from './mode.js'

/** @typedef {import('tandem-session').SessionClient} SessionClient */
/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {{ id: string, item: string, total: number, currency: string }} Order */

/** The order the address names, if any. */
export const orderInAddress = () => /^\/orders\/([\w-]+)$/.exec(location.pathname)?.[1]

/** @param {Order} order */
const price = ({ total, currency }) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(total / 100)

/** @param {...(Node | string)} content */
export const showAnswer = (...content) => byId('answer').replaceChildren(...content)

/** Lists the orders, each with a link to its own address. @param {readonly Order[]} orders @param {Mode} mode */
export const showOrders = (orders, mode) => {
  const head = ['Order', 'What', 'Price'].map((name, column) =>
    element('th', { scope: 'col', ...(column === 2 && { class: 'number' }) }, name),
  )
  const lines = orders.map((order) =>
    element(
      'tr',
      {},
      element(
        'td',
        {},
        element('a', { href: withMode(`/orders/${order.id}`, mode), 'data-here': '' }, order.id),
      ),
      element('td', {}, order.item),
      element('td', { class: 'number' }, price(order)),
    ),
  )
  const table = element(
    'table',
    { 'aria-label': 'Orders' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...lines),
  )
  showAnswer(table)
}

/**
 * Shows the order of the address, or what is needed to see it.
 * @param {SessionClient} client
 */
export const showOrder = async (client) => {
  const id = orderInAddress()
  const section = byId('order')
  const body = byId('order-body')
  section.hidden = id === undefined
  if (id === undefined) return
  say(byId('order-title'), `Order ${id}`)
  const { status } = client.getState()
  if (status !== 'authenticated') {
    const advice = 'Log in to see this order. You come back to this very address.'
    body.replaceChildren(
      element('p', { class: 'quiet' }, status === 'unauthenticated' ? advice : 'One moment.'),
    )
    return
  }
  const response = await client.fetch(`${config.api}/orders/${id}`)
  if (id !== orderInAddress()) return
  if (!response.ok) {
    const why = response.status === 404 ? 'There is no such order.' : `The API answered ${response.status}.`
    body.replaceChildren(element('p', { class: 'quiet' }, why))
    return
  }
  const order = /** @type {Order} */ (await response.json())
  body.replaceChildren(element('p', {}, `${order.item}, ${price(order)}`))
}
