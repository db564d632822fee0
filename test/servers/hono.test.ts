import { testExample } from './examples.js'

testExample('hono')
