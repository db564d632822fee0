import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

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

/** Projects whose files wait more than they work, and longer than others: whoever else is in their group runs beside them. */
const first: readonly (string | undefined)[] = ['scale', 'pages']

/** Within a group, what takes longest begins first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    const isLater = ({ project }: TestSpecification): number => (first.includes(project.config.name) ? 0 : 1)
    return sorted.toSorted((one, other) => groupOf(one) - groupOf(other) || isLater(one) - isLater(other))
  }
}

/** Browsers and servers that are waited for leave half of two cores with nothing to do: one file more at a time than there are cores. */
const waiting = { maxWorkers: Math.max(3, availableParallelism() + 1), sequence: { groupOrder: 1 } }

/**
 * Rooms that run in a page get happy-dom; everything else runs in Node. After it come real browsers and fleets of servers (`e2e`, `pages`,
 * `scale`), and by itself `soak`; `package` is what `npm pack` ships, installed outside: these need `npm run build` first.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    // By itself vitest leaves a core free: on two, one file would run at a time.
    maxWorkers: Math.max(2, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'browser',
          environment: 'happy-dom',
          testTimeout: 30_000,
          include: ['test/{browser,client,oidc}/**/*.test.ts'],
          isolate: false,
          setupFiles: ['test/support/clean.ts'],
        },
      },
      {
        resolve: { alias },
        test: {
          // They keep the window that they were loaded in.
          name: 'frameworks',
          environment: 'happy-dom',
          testTimeout: 30_000,
          include: ['test/{react,vue}/**/*.test.{ts,tsx}'],
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
          // What changes the time of its whole process, and puts it right.
          name: 'flows',
          environment: 'node',
          testTimeout: 30_000,
          isolate: false,
          setupFiles: ['test/support/clean.ts'],
          include: ['test/{flows,demo}/**/*.test.ts'],
          exclude: ['test/demo/*-browser.test.ts'],
        },
      },
      {
        resolve: { alias },
        test: {
          // The demo's pages in a browser. They change the time of their process, too.
          name: 'pages',
          environment: 'node',
          include: ['test/demo/*-browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          ...waiting,
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
          isolate: false,
          setupFiles: ['test/support/clean.ts'],
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
          ...waiting,
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
          ...waiting,
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
