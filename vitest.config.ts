import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

const alias = [
  { find: /^tandem-session$/, replacement: src('index.ts') },
  { find: /^tandem-session\/react$/, replacement: src('react/index.ts') },
  { find: /^tandem-session\/vue$/, replacement: src('vue/index.ts') },
  { find: /^tandem-session\/mosaic$/, replacement: src('presets/mosaic.ts') },
  { find: /^tandem-session\/bff$/, replacement: src('bff/index.ts') },
  { find: /^tandem-session\/bff\/node$/, replacement: src('bff/node.ts') },
  { find: /^tandem-session\/bff\/sqlite$/, replacement: src('bff/stores/sqlite.ts') },
  { find: /^tandem-session\/bff\/redis$/, replacement: src('bff/stores/redis.ts') },
]

/**
 * Rooms that run in a page get happy-dom; everything else runs in Node. `e2e` and then `soak` are real browsers, after
 * everything else; `package` is what `npm pack` ships, installed outside: these need `npm run build` first.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    // By itself vitest leaves a core free: on two, one file would run at a time.
    maxWorkers: Math.max(2, availableParallelism()),
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
          exclude: ['test/{browser,client,oidc,react,vue,flows,demo,requirements,e2e,scale,soak,package}/**'],
          // The provider, the BFF and their libraries are loaded once, and not for each file.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true,
        },
      },
      {
        resolve: { alias },
        test: {
          // What changes the time of its whole process.
          name: 'flows',
          environment: 'node',
          testTimeout: 30_000,
          include: ['test/{flows,demo}/**/*.test.ts'],
        },
      },
      {
        resolve: { alias },
        test: {
          // S1 to S43, each by its number; they change the time of their process, too.
          name: 'requirements',
          environment: 'node',
          testTimeout: 30_000,
          include: ['test/requirements/*.test.ts', 'test/requirements/mutations/*.test.ts'],
          unstubEnvs: true,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/{e2e,requirements/browser}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          isolate: false,
          // Two browsers at a time, and nothing else.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        test: {
          // Several processes of the BFF at a time, in front of Redis and behind nginx.
          name: 'scale',
          environment: 'node',
          include: ['test/scale/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: {
          // Counts what twenty tabs do: alone, at the end.
          name: 'soak',
          environment: 'node',
          include: ['test/soak/**/*.test.ts'],
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
