import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const src = (path: string): string => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url))

/** Nothing but what it is by itself, and where a nonce is due. */
export default defineConfig({
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  resolve: {
    alias: [
      { find: /^tandem-session$/, replacement: src('index.ts') },
      { find: /^tandem-session\/react$/, replacement: src('react/index.ts') },
    ],
  },
})
