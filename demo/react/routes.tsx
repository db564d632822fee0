import { NavLink, Outlet, useNavigation, type LoaderFunctionArgs, type RouteObject } from 'react-router'
import { fetchOrders } from '../shared/orders.js'
import { client } from '../shared/session.js'
import { Home } from './home.js'
import { Orders } from './orders.js'
import { Problem } from './problem.js'
import { Profile } from './profile.js'

const Layout = () => {
  const moving = useNavigation().state !== 'idle'
  return (
    <>
      <nav aria-label="This app">
        <NavLink to="/" end>
          Home
        </NavLink>
        <NavLink to="/orders">Orders</NavLink>
        <NavLink to="/profile">Profile</NavLink>
      </nav>
      <section className="card" aria-busy={moving}>
        <Outlet />
      </section>
    </>
  )
}

/** Sends a stranger to log in, who comes back to this route; everyone else gets the orders. */
const ordersLoader = async ({ request }: LoaderFunctionArgs) => {
  // The address bar shows this route only when its loader is done.
  await client.require({}, { returnTo: request.url })
  return fetchOrders()
}

const OnTheWay = () => <p className="card">One moment: on the way to the provider, if nobody is signed in.</p>

export const routes: RouteObject[] = [
  {
    path: '/',
    element: <Layout />,
    HydrateFallback: OnTheWay,
    children: [
      { index: true, element: <Home /> },
      { path: 'orders', loader: ordersLoader, element: <Orders />, errorElement: <Problem /> },
      { path: 'profile', element: <Profile /> },
    ],
  },
]
