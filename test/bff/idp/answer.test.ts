import { describe, expect, it } from 'vitest'
import { judgeAnswer } from '../../../src/bff/idp/answer.js'

const issuer = 'https://idp.test'
const announced = { issuer, authorization_response_iss_parameter_supported: true }

describe('judgeAnswer', () => {
  it.each([
    ['code=c&state=s&iss=https://idp.test', null],
    [`code=${'c'.repeat(12_000)}&state=s&iss=https://idp.test`, null],
    ['code=c&state=s', 'issuer_mismatch'],
    ['code=c&state=s&iss=https://idp.test/', 'issuer_mismatch'],
    ['code=c&state=s&iss=https://IDP.test', 'issuer_mismatch'],
    ['error=access_denied&state=s', 'issuer_mismatch'],
    ['error=access_denied&state=s&iss=https://idp.test', 'access_denied'],
    ['error=%3Cscript%3E&iss=https://idp.test', 'oauth_error'],
    ['error=&iss=https://idp.test', 'oauth_error'],
    [`error=${'x'.repeat(65)}&iss=https://idp.test`, 'oauth_error'],
    ['state=s&iss=https://idp.test', 'callback_invalid'],
    ['code=&state=s&iss=https://idp.test', 'callback_invalid'],
    ['code=c&code=d&iss=https://idp.test', 'callback_invalid'],
    ['code=c&state=s&state=t&iss=https://idp.test', 'callback_invalid'],
    ['response=a&response=b&iss=https://idp.test', 'callback_invalid'],
    ['code=c&iss=https://idp.test&iss=https://idp.test', 'callback_invalid'],
    ['code=c&error=x&error=y&iss=https://idp.test', 'callback_invalid'],
    ['code=c&id_token=x&iss=https://idp.test', 'callback_invalid'],
    ['code=c&access_token=x&iss=https://idp.test', 'callback_invalid'],
    ['response=jwt&iss=https://idp.test', 'callback_invalid'],
  ])('%s', (answer, wrong) => expect(judgeAnswer(new URLSearchParams(answer), announced)).toBe(wrong))

  it('takes an answer without issuer where none was announced, and one that is right', () => {
    expect(judgeAnswer(new URLSearchParams('code=c'), { issuer })).toBeNull()
    expect(judgeAnswer(new URLSearchParams(`code=c&iss=${issuer}`), { issuer })).toBeNull()
    expect(judgeAnswer(new URLSearchParams('code=c&iss=https://other.test'), { issuer })).toBe(
      'issuer_mismatch',
    )
  })
})
