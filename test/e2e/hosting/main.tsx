/// <reference types="vite/client" />
/** An app as it is built every day: React, style sheets, images in them, a lazy page, a worker. Below `/spa/` the page holds the tokens itself. */
import { StrictMode, Suspense, lazy } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { bffClient, browserClient, createSessionClient } from 'tandem-session'
import { SessionProvider, useSession } from 'tandem-session/react'
import small from './small.svg'
import './style.css'

const Lazy = lazy(() => import('./lazy.js'))

const client = location.pathname.startsWith('/spa/')
  ? createSessionClient({
      oauth: browserClient({
        authority: import.meta.env['VITE_ISSUER'] as string,
        clientId: import.meta.env['VITE_CLIENT_ID'] as string,
        redirectUri: '/spa/',
        silentRedirectUri: '/silent.html',
        scope: 'openid profile offline_access',
      }),
    })
  : createSessionClient({ oauth: bffClient({ basePath: '/bff' }) })
client.subscribe(({ status }) => (document.documentElement.dataset['status'] = status))

function App(): ReactNode {
  const state = useSession()
  return (
    <>
      <h1>{state.status === 'authenticated' ? `Hello, ${state.session.user.sub}` : 'Hello'}</h1>
      <img src={small} alt="small" />
      <img src="/drawing.svg" alt="drawing" />
      <button onClick={() => void client.login()}>Log in</button>
      <Suspense fallback="…">
        <Lazy />
      </Suspense>
    </>
  )
}

new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }).addEventListener(
  'message',
  ({ data }) => (document.documentElement.dataset['worker'] = String(data)),
)
await navigator.serviceWorker.register('/sw.js')

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <SessionProvider client={client}>
      <App />
    </SessionProvider>
  </StrictMode>,
)
