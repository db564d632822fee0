import { entangledDoorsOver } from './entangled-doors.js'
import { redis } from './two-instances.js'

entangledDoorsOver('Redis', redis)
