import { entangledDoorsOver } from './entangled-doors.js'
import { sqlite } from './two-instances.js'

entangledDoorsOver('SQLite', sqlite)
