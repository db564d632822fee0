import { testExample } from './examples.js'

testExample('fastify')
