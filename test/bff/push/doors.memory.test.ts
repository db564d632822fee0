import { memoryStore } from '../../../src/bff/stores/memory.js'
import { entangledDoorsOver } from './entangled-doors.js'
import { one } from './two-instances.js'

entangledDoorsOver('memory', async () => one(memoryStore()))
