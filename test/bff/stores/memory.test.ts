import { memoryStore } from '../../../src/bff/stores/memory.js'
import { storeContract } from './contract.js'

storeContract('memoryStore', async () => {
  const store = memoryStore()
  return { one: store, other: store, close: () => store.close() }
})
