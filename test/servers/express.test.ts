import { testExample } from './examples.js'

testExample('express')
