// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { isAnswerAt, settingsOn } from '../../src/client/browser-redirects.js'
import { ConfigurationError } from '../../src/errors.js'

const right = { authority: 'https://idp.example.com', clientId: 'app', redirectUri: '/callback' }

describe('the redirect URIs', () => {
  it('become absolute on the origin of the app; nothing else changes', () => {
    const options = {
      ...right,
      silentRedirectUri: '/silent.html',
      postLogoutRedirectUri: '/bye',
      scope: 'openid',
    }
    expect(settingsOn('https://app.test', options)).toEqual({
      ...options,
      redirectUri: 'https://app.test/callback',
      silentRedirectUri: 'https://app.test/silent.html',
      postLogoutRedirectUri: 'https://app.test/bye',
    })
    expect(options.redirectUri).toBe('/callback')
  })

  it.each(['redirectUri', 'silentRedirectUri'])('%s is on that origin', (name) => {
    const options = { ...right, [name]: 'https://app.test/x' }
    expect(settingsOn('https://app.test', options)).toEqual({
      ...options,
      ...(name !== 'redirectUri' && { redirectUri: 'https://app.test/callback' }),
    })
    expect(() => settingsOn('https://other.test', options)).toThrow(ConfigurationError)
  })

  it('after a logout may be elsewhere', () => {
    const options = { ...right, postLogoutRedirectUri: 'https://www.example.com/bye' }
    expect(settingsOn('https://app.test', options)).toMatchObject({
      postLogoutRedirectUri: options.postLogoutRedirectUri,
    })
  })
})

describe('an answer', () => {
  const isAnswer = (address: string, uri: string | undefined = 'https://app.test/callback?x=1') =>
    isAnswerAt(uri, new URL(address, 'https://app.test'))

  it.each(['/callback?state=s&code=c', '/callback?x=1&error=access_denied&state=s'])('is %s', (address) => {
    expect(isAnswer(address)).toBe(true)
  })

  it.each([
    '/callback',
    '/callback?code=c',
    '/callback?state=s',
    '/other?state=s&code=c',
    'https://other.test/callback?state=s&code=c',
  ])('is not %s', (address) => {
    expect(isAnswer(address)).toBe(false)
  })

  it('is none where no page was named for it', () => {
    expect(isAnswerAt(undefined, new URL('https://app.test/callback?state=s&code=c'))).toBe(false)
  })
})
