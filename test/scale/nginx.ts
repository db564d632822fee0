/** A real nginx in front of several instances, as Debian has it. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNginx } from '../../scripts/nginx.mjs'

/** An nginx that runs. */
export interface Nginx {
  close(): Promise<void>
}

/**
 * Starts one at `port`, which shares out what comes to the instances at `ports`. Where one does not answer, the next is asked: that is nginx's own way
 * for what may be asked twice.
 */
export async function startNginx(port: number, ports: readonly number[]): Promise<Nginx> {
  const program = findNginx()
  if (program === undefined)
    throw new Error(
      'nginx was not found. Install it (Debian, Ubuntu: apt-get install nginx-light), or name it in NGINX_PATH.',
    )
  const folder = await mkdtemp(join(tmpdir(), 'tandem-nginx-'))
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(folder, port, ports))
  const child = spawn(program, ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const leave = (): void => void child.kill('SIGTERM')
  process.once('exit', leave)
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (;;) {
    const answers = await fetch(`http://localhost:${port}/`).then(
      () => true,
      () => false,
    )
    if (answers) break
    if (child.exitCode !== null) throw new Error(`nginx does not run: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    async close() {
      process.off('exit', leave)
      child.kill('SIGTERM')
      await exit
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const configuration = (folder: string, port: number, ports: readonly number[]): string => `
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream bff {
    ${ports.map((one) => `server 127.0.0.1:${one} max_fails=0;`).join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    listen [::1]:${port};
    location / {
      proxy_pass http://bff;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_connect_timeout 2s;
      proxy_buffering off;
    }
  }
}
`
