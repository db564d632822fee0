import { afterEach, describe, expect, it } from 'vitest'
import { nodeAdapter } from '../../../src/bff/node/adapter.js'
import type { NodeMiddleware } from '../../../src/bff/node/adapter.js'
import type { ResolvedUpstream } from '../../../src/bff/upstream/call.js'
import { openCore, run } from './harness.js'
import type { Running } from './harness.js'

const upstream: ResolvedUpstream = {
  name: 'orders',
  url: new URL('http://127.0.0.1:9/'),
  token: 'user',
  timeout: 1,
  methods: null,
  require: {},
}
let app: Running
afterEach(() => app.close())

describe('bff.node', () => {
  it('answers from its first request on, though what it needs is loaded then', async () => {
    app = await run(nodeAdapter(openCore(upstream)))
    const answers = await Promise.all(['/bff/a', '/bff/b', '/bff/c'].map((path) => app.call(path)))
    expect(answers.map(({ headers }) => headers['x-door'])).toEqual(['/bff/a', '/bff/b', '/bff/c'])
    expect((await app.call('/bff/d')).headers['x-door']).toBe('/bff/d')
  })

  it('protects routes on its own, without ever having answered a door', async () => {
    const middleware: NodeMiddleware = nodeAdapter(openCore(upstream)).protect({ acr: 'mfa' })
    app = await run((request, response) => middleware(request, response, () => response.end('in')))
    expect((await app.call('/own')).body).toBe('in')
  })

  it('tells the next error handler where a route could not be decided', async () => {
    const failing = openCore(upstream, { admitRoute: async () => Promise.reject(new Error('lost')) })
    const middleware = nodeAdapter(failing).protect()
    app = await run((request, response) =>
      middleware(request, response, (error) => response.end(error?.message)),
    )
    expect((await app.call('/own')).body).toBe('lost')
  })
})
