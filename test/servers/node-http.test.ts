import { testExample } from './examples.js'

testExample('node-http')
