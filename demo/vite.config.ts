import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// Whoever builds, also a test runner that says otherwise: the pages are what users would get.
process.env['NODE_ENV'] = 'production'

/** The React and the Vue page, into `.demo/pages`, where the demo's server finds them (site.ts). */
export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  plugins: [react(), vue()],
  build: {
    outDir: here('../.demo/pages'),
    emptyOutDir: true,
    target: 'es2022',
    // The pages' policy allows no inline scripts or data: the preload polyfill and inlined assets are both that.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: { react: here('react/index.html'), vue: here('vue/index.html') } },
  },
})
