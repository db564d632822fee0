import { describe, expect, it } from 'vitest'
import { authorizationParameters, loginParameters } from '../../../src/bff/login/parameters.js'
import type { LoginParameters } from '../../../src/bff/login/parameters.js'

const read = (query: string): LoginParameters => {
  const parameters = loginParameters(query, '/bff')
  if ('fix' in parameters) throw new Error(parameters.parameter)
  return parameters
}

describe('loginParameters', () => {
  it('has defaults', () =>
    expect(read('')).toEqual({ returnTo: '/', maxAge: null, resources: [], prompt: [], passed: {} }))

  it('passes on what it knows, and nothing else', () =>
    expect(
      read(
        '?login_hint=a&acr_values=x+y&ui_locales=de&redirect_uri=z&scope=w&max_age=0&prompt=login+consent',
      ),
    ).toEqual({
      returnTo: '/',
      maxAge: 0,
      resources: [],
      prompt: ['login', 'consent'],
      passed: { login_hint: 'a', acr_values: 'x y', ui_locales: 'de' },
    }))

  it.each([
    ['return_to', 'return_to=//x'],
    ['return_to', 'return_to='],
    ['prompt', 'prompt=none login'],
    ['prompt', 'prompt=LOGIN'],
    ['prompt', 'prompt=login&prompt=login'],
    ['max_age', 'max_age=1.5'],
    ['max_age', 'max_age='],
    ['login_hint', `login_hint=${'x'.repeat(513)}`],
    ['acr_values', 'acr_values=a%0Ab'],
    ['resource', 'resource=/relative'],
    ['resource', 'resource=https://a.test/%20b%0A'],
    ['resource', Array.from({ length: 9 }, (_, i) => `resource=urn:${i}`).join('&')],
  ])('names %s where %s is refused, and how to mend it', (parameter, query) =>
    expect(loginParameters(query, '/bff')).toEqual({ parameter, fix: expect.stringMatching(/^Give /) }),
  )
})

describe('authorizationParameters', () => {
  it('always asks when the user authenticated', () => {
    expect(authorizationParameters(read(''), {}, [])).toEqual({
      params: { max_age: '31536000' },
      resource: undefined,
      maxAge: null,
      refused: null,
    })
    expect(authorizationParameters(read('max_age=0'), {}, []).params).toEqual({ max_age: '0' })
    expect(authorizationParameters(read(''), { max_age: '60' }, []).params).toEqual({ max_age: '60' })
  })

  it('holds the answer to the configured max_age, too, which an address can only shorten', () => {
    const ask = (query: string, max_age: string | string[] = '60') => {
      const { params, maxAge } = authorizationParameters(read(query), { max_age }, [])
      return [params['max_age'], maxAge]
    }
    expect(ask('')).toEqual(['60', 60])
    expect(ask('max_age=0')).toEqual(['0', 0])
    expect(ask('max_age=3600')).toEqual(['60', 60])
    expect(ask('', ['60'])).toEqual(['60', 60])
    expect(ask('', 'soon')).toEqual(['soon', null])
  })

  it('puts the request before the configuration, and prompts together', () => {
    const configured = { prompt: 'consent', login_hint: 'x', custom: ['a', 'b'] }
    const { params } = authorizationParameters(read('prompt=login&login_hint=y'), configured, [])
    expect(params).toMatchObject({ prompt: 'login consent', login_hint: 'y', custom: ['a', 'b'] })
    expect(authorizationParameters(read('prompt=none'), configured, []).params['prompt']).toBe('none')
    expect(authorizationParameters(read(''), configured, []).params['prompt']).toBe('consent')
  })

  it('never sends a prompt that the IDP does not take', () => {
    const ask = (query: string, configured = {}) =>
      authorizationParameters(read(query), configured, [], {
        supportedPrompts: ['consent'],
        singleResource: false,
      })
    expect(ask('prompt=login', { prompt: 'consent' })).toMatchObject({
      params: { prompt: 'consent', max_age: '0' },
      maxAge: 0,
      refused: null,
    })
    expect(ask('prompt=login').params).toEqual({ max_age: '0' })
    expect(ask('prompt=none').refused).toBe('none')
    expect(ask('prompt=login+select_account').refused).toBe('select_account')
  })

  it.each([
    ['none', '', {}, [undefined], undefined],
    ['the first of all upstreams', '', {}, [undefined, 'urn:a', 'urn:b'], 'urn:a'],
    ['the configured one', '', { resource: 'urn:c' }, ['urn:a'], 'urn:c'],
    ['the one asked for', 'resource=urn:x&resource=urn:y', { resource: 'urn:c' }, ['urn:a'], 'urn:x'],
  ])('asks for one resource where the IDP takes no more: %s', (_, query, configured, upstreams, own) => {
    const takes = { supportedPrompts: null, singleResource: true }
    const { params, resource } = authorizationParameters(
      read(query),
      configured as Record<string, string>,
      upstreams,
      takes,
    )
    expect([params['resource'], resource]).toEqual([own && [own], own])
  })

  it.each([
    ['none', '', {}, [undefined], undefined, undefined],
    ['the one of all upstreams', '', {}, ['urn:a', 'urn:a'], ['urn:a'], 'urn:a'],
    ['the first of several', '', {}, ['urn:a', 'urn:b'], ['urn:a', 'urn:b'], 'urn:a'],
    ['none in particular, where one upstream wants that', '', {}, ['urn:a', undefined], ['urn:a'], undefined],
    ['the configured one', '', { resource: 'urn:c' }, ['urn:a'], ['urn:c', 'urn:a'], 'urn:c'],
    ['the one asked for', 'resource=urn:x', { resource: 'urn:c' }, [], ['urn:x', 'urn:c'], 'urn:x'],
  ])('asks for resources; the session’s own is %s', (_, query, configured, upstreams, all, own) => {
    const { params, resource } = authorizationParameters(
      read(query),
      configured as Record<string, string>,
      upstreams,
    )
    expect(params['resource']).toEqual(all)
    expect(resource).toBe(own)
  })
})
