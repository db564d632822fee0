// @ts-check
/** @param {import('node:http').Server} server @returns {Promise<string>} where it listens */
export const listening = (server) =>
  new Promise((resolve) => {
    server.keepAliveTimeout = 60_000
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
    })
  })
