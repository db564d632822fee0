import { client, config } from './session.js'

/** An order as the API tells it; `total` in cents. */
export interface Order {
  id: string
  item: string
  total: number
  currency: string
}

/** The orders. @throws {Error} where the API does not answer with them */
export const fetchOrders = async (): Promise<Order[]> => {
  const response = await client.fetch(`${config.api}/orders`)
  if (!response.ok) throw new Error(`The API answered ${response.status}.`)
  const { orders } = (await response.json()) as { orders: Order[] }
  return orders
}

/** `€24.50`. */
export const price = ({ total, currency }: Order): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(total / 100)
