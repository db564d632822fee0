/**
 * Tandem for a `<script>` tag: everything `tandem-session` exports, as the global `Tandem`.
 *
 *     <script src="/tandem.global.min.js"></script>
 *     <script>const client = Tandem.createSessionClient({ oauth: Tandem.bffClient({ basePath: '/bff' }) })</script>
 *
 * Serve `tandem.oidc.min.js` in the same folder for `Tandem.browserClient` (or name it in the tag's `data-oidc`); it is
 * loaded when a login needs it. An app with a bundler imports `tandem-session` instead.
 */
import * as Tandem from './index.js'

declare global {
  var Tandem: typeof import('./index.js')
}

globalThis.Tandem = Tandem
