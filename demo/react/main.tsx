import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createBrowserRouter, RouterProvider } from 'react-router'
import { SessionProvider } from 'tandem-session/react'
import '../public/base.css'
import '../public/controls.css'
import '../shared/app.css'
import { client } from '../shared/session.js'
import { routes } from './routes.js'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')

// The address is the right one again only when a login that came back has been finished: then the router may read it.
await client.start()
const router = createBrowserRouter(routes, { basename: '/react' })

createRoot(root).render(
  <StrictMode>
    <SessionProvider client={client}>
      <RouterProvider router={router} />
    </SessionProvider>
  </StrictMode>,
)
