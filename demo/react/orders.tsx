import { useLoaderData } from 'react-router'
import { price, type Order } from '../shared/orders.js'

/** What the loader brought: the API's answer, through the BFF. */
export const Orders = () => {
  const orders = useLoaderData<Order[]>()
  return (
    <>
      <h1>Orders</h1>
      <table>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">What</th>
            <th scope="col" className="number">
              Price
            </th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr key={order.id}>
              <td>{order.id}</td>
              <td>{order.item}</td>
              <td className="number">{price(order)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
