/** `response_mode=form_post` in Chromium, the provider on another site than the app, over TLS. */
import { describe } from 'vitest'
import { formPostTests } from './form-post.js'
import { useTlsApp } from './tls-app.js'

describe('an answer in a form', () => {
  formPostTests(useTlsApp({ client: { responseMode: 'form_post' } }), 'code')
})

describe('a signed answer in a form', () => {
  const idp = { features: { jwtResponseModes: { enabled: true } } }
  formPostTests(useTlsApp({ idp, client: { responseMode: 'form_post.jwt' } }), 'response')
})
