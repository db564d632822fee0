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

/** Projects whose files take long, each of them: they begin first, so that what is left at the end is short. */
const long: readonly (string | undefined)[] = ['scale', 'pages', 'package', 'e2e', 'flows']

/** What takes longest begins first; files of one project stay together, for a process that has loaded it goes on with its next file. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const place = ({ project }: TestSpecification): number => {
      const index = long.indexOf(project.config.name)
      return index < 0 ? long.length : index
    }
    return sorted.toSorted((one, other) => place(one) - place(other))
  }
}

/** How long is waited for what has to happen, ms. No statement about speed: a machine may be busy, and what happens at once costs nothing. */
const patient = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000 } },
  setupFiles: ['test/support/patience.ts'],
}

/**
 * Rooms that run in a page get happy-dom; everything else runs in Node. Real browsers and fleets of servers (`e2e`, `pages`, `scale`) come first,
 * and `soak` last and by itself; `package` is what `npm pack` ships, installed outside: these need `npm run build` first.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    // Browsers, servers and clocks are waited for, which leaves cores with nothing to do: one file more at a time than there are cores.
    maxWorkers: Math.max(3, availableParallelism() + 1),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'browser',
          environment: 'happy-dom',
          ...patient,
          include: ['test/{browser,client,oidc}/**/*.test.ts'],
          isolate: false,
          setupFiles: [...patient.setupFiles, 'test/support/clean.ts'],
        },
      },
      {
        resolve: { alias },
        test: {
          // They keep the window that they were loaded in.
          name: 'frameworks',
          environment: 'happy-dom',
          ...patient,
          include: ['test/{react,vue}/**/*.test.{ts,tsx}'],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'node',
          environment: 'node',
          ...patient,
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
          ...patient,
          isolate: false,
          setupFiles: [...patient.setupFiles, 'test/support/clean.ts'],
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
          ...patient,
          hookTimeout: 180_000,
        },
      },
      {
        resolve: { alias },
        test: {
          // S1 to S43, each by its number; they change the time of their process, too.
          name: 'requirements',
          environment: 'node',
          ...patient,
          include: ['test/requirements/*.test.ts', 'test/requirements/mutations/*.test.ts'],
          isolate: false,
          setupFiles: [...patient.setupFiles, 'test/support/clean.ts'],
          unstubEnvs: true,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/{e2e,requirements/browser}/**/*.test.ts'],
          ...patient,
          hookTimeout: 120_000,
          isolate: false,
        },
      },
      {
        resolve: { alias },
        test: {
          // Several processes of the BFF at a time, in front of Redis and behind nginx.
          name: 'scale',
          environment: 'node',
          include: ['test/scale/**/*.test.ts'],
          ...patient,
        },
      },
      {
        resolve: { alias },
        test: {
          // Counts what twenty tabs do: alone, at the end.
          name: 'soak',
          environment: 'node',
          include: ['test/soak/**/*.test.ts'],
          ...patient,
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
