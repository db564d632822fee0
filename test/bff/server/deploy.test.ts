/** The examples in docs/deploy are taken by what they are for. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { findNginx } from '../../../scripts/nginx.mjs'
import { validateConfiguration } from '../../../src/bff/configuration.js'

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const example = (name: string): string => readFileSync(inRepository(`docs/deploy/${name}`), 'utf8')

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-deploy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What nginx says of a configuration that has this in its `http`. */
function tested(site: string): { status: number | null; said: string } {
  const program = findNginx()
  if (program === undefined)
    throw new Error('nginx was not found. Install it (Debian, Ubuntu: apt-get install nginx-light).')
  const folder = newFolder()
  const file = join(folder, 'nginx.conf')
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  // Ports that need no rights, and the certificate of the tests.
  const here = site
    .replaceAll(/listen (\[::\]:)?443/g, 'listen $18443')
    .replaceAll(/listen (\[::\]:)?80;/g, 'listen $18080;')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${inRepository('test/support/tls/test-only.cert.pem')};`)
    .replace(
      /ssl_certificate_key .*;/,
      `ssl_certificate_key ${inRepository('test/support/tls/test-only.key.pem')};`,
    )
  writeFileSync(file, `pid ${folder}/pid; events {} http { access_log off; ${places.join(' ')}\n${here}\n}`)
  const { status, stderr } = spawnSync(program, ['-t', '-p', folder, '-c', file, '-e', 'stderr'], {
    encoding: 'utf8',
  })
  return { status, said: stderr }
}

it('nginx takes its configuration', () => {
  const site = example('nginx.conf')
  expect(tested(site)).toMatchObject({ status: 0, said: expect.stringContaining('test is successful') })
  expect(tested(site.replace('keepalive 32', 'keepalive many'))).toMatchObject({ status: 1 })
})

it('nginx writes anew, at each place, what the BFF believes of it, and holds no event back', () => {
  const places = example('nginx.conf')
    .split(/\n {2}location /)
    .slice(1)
  expect(places.length).toBe(3)
  for (const place of places)
    for (const header of [
      'Host $host',
      'X-Forwarded-For $remote_addr',
      'X-Forwarded-Proto $scheme',
      'Forwarded ""',
    ])
      expect(place).toContain(`proxy_set_header ${header};`)
  expect(places.find((place) => place.startsWith('= /bff/events'))).toContain('proxy_buffering off;')
})

it('the configuration is one, where it is to be', () => {
  const [, json = ''] = /```json\n(.*?)```/s.exec(example('README.md')) ?? []
  const env = { CLIENT_SECRET: 'test-secret', SESSION_SECRET: 'test-secret-of-thirty-two-letters' }
  const { origin, store } = validateConfiguration(JSON.parse(json), env)
  expect(origin).toBe('https://app.example.com')
  // The unit has this folder made.
  expect(example('tandem-bff.service')).toContain('StateDirectory=tandem')
  expect(store).toBe('sqlite:/var/lib/tandem/sessions.db')
})

it('unit and image start the command that the package has, as nobody in particular', () => {
  const { name, bin } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8')) as {
    name: string
    bin: Record<string, string>
  }
  const program = join('node_modules', name, bin['tandem-bff'] ?? '')
  const [unit, image] = [example('tandem-bff.service'), example('Dockerfile')]
  expect(unit).toContain(`ExecStart=/usr/bin/node ${program} `)
  expect(unit).toContain('DynamicUser=yes')
  expect(image).toContain(`CMD ["node", "${program}", `)
  expect(image.indexOf('USER node')).toBeGreaterThan(image.indexOf('npm ci'))
  expect(image).toMatch(/^FROM node:20-slim$/m)
})
