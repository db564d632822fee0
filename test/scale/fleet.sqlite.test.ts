import { threeInstancesOver } from './instances.js'

threeInstancesOver('sqlite')
