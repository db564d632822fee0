import { describe, expect, it } from 'vitest'
import { challengeWith, stepUpCriteria } from '../../src/client/challenge.js'

const headers = (value: string): Headers => new Headers({ 'WWW-Authenticate': value })
const STEP_UP = 'error="insufficient_user_authentication"'

describe('a step-up challenge (RFC 9470 §3)', () => {
  it.each<[string, object | null]>([
    [`Bearer ${STEP_UP}, acr_values="mfa"`, { acr: ['mfa'] }],
    [`Bearer ${STEP_UP}, acr_values="urn:a  urn:b"`, { acr: ['urn:a', 'urn:b'] }],
    [`Bearer ${STEP_UP}, max_age="60"`, { maxAge: 60 }],
    [`Bearer ${STEP_UP}, max_age=60`, { maxAge: 60 }],
    [`Bearer ${STEP_UP}, max_age=0`, { maxAge: 0 }],
    [`Bearer ${STEP_UP}, acr_values="mfa", max_age=5`, { acr: ['mfa'], maxAge: 5 }],
    [`Bearer error=insufficient_user_authentication,acr_values=mfa`, { acr: ['mfa'] }],
    [`bearer ERROR = "insufficient_user_authentication" , ACR_VALUES = "mfa"`, { acr: ['mfa'] }],
    [`Bearer ${STEP_UP}, resource="https://api.test"`, { audience: 'https://api.test' }],
    [`Bearer ${STEP_UP}`, {}],
    [`Bearer ${STEP_UP}, max_age=""`, {}],
    [`Bearer ${STEP_UP}, max_age=soon, acr_values=""`, {}],
    ['Bearer error="invalid_token"', null],
    ['Bearer', null],
    ['Basic realm="insufficient_user_authentication"', null],
    ['', null],
  ])('%s', (value, criteria) => expect(stepUpCriteria(headers(value), true)).toEqual(criteria))

  it('is found among several challenges, with its own parameters only', () => {
    const value = `Basic realm="a", Bearer ${STEP_UP}, acr_values="mfa", DPoP algs="ES256", max_age="1"`
    expect(stepUpCriteria(headers(value), true)).toEqual({ acr: ['mfa'] })
  })

  it('is found in a second header of that name', () => {
    const both = headers('Negotiate YIIabc==')
    both.append('WWW-Authenticate', `Bearer realm="x, Basic error=\\"no\\"", ${STEP_UP}, acr_values="mfa"`)
    expect(stepUpCriteria(both, true)).toEqual({ acr: ['mfa'] })
  })

  it('is not looked for inside of a quoted string', () => {
    expect(stepUpCriteria(headers(`Bearer realm="${STEP_UP.replaceAll('"', '\\"')}"`), true)).toBeNull()
  })

  it('keeps escaped characters of its values', () => {
    expect(stepUpCriteria(headers(`Bearer ${STEP_UP}, acr_values="a\\"b\\\\c"`), true)).toEqual({
      acr: ['a"b\\c'],
    })
  })

  it('asks for no other resource where it is an API’s', () => {
    const value = `Bearer ${STEP_UP}, resource="https://api.test", acr_values="mfa"`
    expect(stepUpCriteria(headers(value), false)).toEqual({ acr: ['mfa'] })
  })

  it('is absent where there is no such header', () => expect(stepUpCriteria(new Headers(), true)).toBeNull())
})

describe('a challenge with an error', () => {
  it('is found by it', () => {
    const challenge = challengeWith('invalid_token', headers('Bearer realm="x", error="invalid_token"'))
    expect(challenge?.get('realm')).toBe('x')
  })

  it('is absent where there is another', () => {
    expect(challengeWith('invalid_token', headers('Bearer error="insufficient_scope"'))).toBeUndefined()
  })
})
