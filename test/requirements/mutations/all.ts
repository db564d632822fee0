/** Every mutation, by the statements it breaks. `npm run mutations` makes them, one at a time. */
import type { Mutation } from './mutation.js'
import { mutations as beginnings } from './s01-s05.js'
import { mutations as decision } from './s06-s11.js'
import { mutations as tokens } from './s12-s25.js'
import { mutations as ends } from './s26-s34.js'
import { mutations as cookies } from './s35-s43.js'

export const mutations: readonly Mutation[] = [...beginnings, ...decision, ...tokens, ...ends, ...cookies]
