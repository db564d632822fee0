import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

const alias = [
  { find: /^tandem-session$/, replacement: src('index.ts') },
  { find: /^tandem-session\/react$/, replacement: src('react/index.ts') },
  { find: /^tandem-session\/vue$/, replacement: src('vue/index.ts') },
  { find: /^tandem-session\/bff$/, replacement: src('bff/index.ts') },
  { find: /^tandem-session\/bff\/node$/, replacement: src('bff/node.ts') },
  { find: /^tandem-session\/bff\/sqlite$/, replacement: src('bff/stores/sqlite.ts') },
]

/**
 * Rooms that run in a page get happy-dom; everything else runs in Node. `e2e` is real browsers, one test file at a
 * time; `package` is what `npm pack` ships, installed outside: both need `npm run build` first.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'browser',
          environment: 'happy-dom',
          testTimeout: 30_000,
          include: ['test/{browser,client,oidc,react,vue}/**/*.test.{ts,tsx}'],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'node',
          environment: 'node',
          // No statement about speed: a machine may be busy.
          testTimeout: 30_000,
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/{browser,client,oidc,react,vue}/**',
            'test/e2e/**',
            'test/soak/**',
            'test/package/**',
          ],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/{e2e,soak}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'package',
          environment: 'node',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/install.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
