// @ts-check
/** The demo's provider, in a process of its own: what it costs is not the servers' that are measured. `idp.mjs ORIGIN CALLBACK` */
import { register } from 'tsx/esm/api'

register({ tsconfig: false })
const { startIdp } = await import('../../../demo/idp/index.js')
const [origin = '', callback = ''] = process.argv.slice(2)
const idp = await startIdp({
  appOrigins: [origin],
  redirectUris: [callback],
  lifetimes: { accessToken: 86_400, session: 86_400 },
})
process.on('disconnect', () => process.exit(0))
process.send?.({ issuer: idp.issuer })
