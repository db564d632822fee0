/** A process that opens the SQLite store of each path it is sent (a line each), lets it write, closes it, and says "opened", or why not. */
import { createInterface } from 'node:readline'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'

console.log('ready')
for await (const path of createInterface(process.stdin)) {
  try {
    const store = sqliteStore(path)
    await store.ping()
    await store.close()
    console.log('opened')
  } catch (error) {
    console.log(error instanceof Error ? error.message : error)
  }
}
