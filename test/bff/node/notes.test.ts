import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { codeOf, fileOf, noteCode, noteFile, noteTrouble, troubleOf } from '../../../src/bff/node/notes.js'

it('what is noted of an answer is known of that one alone', () => {
  const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage
  const [one, other] = [new ServerResponse(request), new ServerResponse(request)]
  noteTrouble(one, { upstream: 'orders' })
  noteFile(one, 'index.html')
  noteCode(one, 'login_required')
  expect([troubleOf(one), fileOf(one), codeOf(one)]).toEqual([
    { upstream: 'orders' },
    'index.html',
    'login_required',
  ])
  expect([troubleOf(other), fileOf(other), codeOf(other)]).toEqual([undefined, undefined, undefined])
})
