import { threeInstancesOver } from './instances.js'

threeInstancesOver('redis')
