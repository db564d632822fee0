/** The command as a process: its start and its stop. */
import { expect, it } from 'vitest'
import { freePort } from '../support/free-port.js'
import { api, run, useCommands, whole } from './commands.js'
import { BY_PAGE, Visitor } from './visitor.js'
import { dial, eventually, requestText } from './wire.js'

useCommands()

it(
  'T105 a configuration with mistakes does not start, and says all of them at once',
  { timeout: 60_000 },
  async () => {
    const good = whole(3000)
    const bad: [Record<string, unknown>, string[]][] = [
      [{ ...good, secrets: ['short'] }, ['secrets']],
      [{ ...good, secrets: [] }, ['secrets']],
      [{ ...good, secrets: ['env:NOT_THERE'] }, ['NOT_THERE']],
      [{ ...good, origin: 'http://app.example.com' }, ['origin']],
      [{ ...good, origin: '*' }, ['origin']],
      [
        { ...good, typo: 1, idp: { issuer: 'http://idp.example.com', clientId: 'x' } },
        ['typo', 'idp.issuer', 'idp.clientSecret'],
      ],
      [{ ...good, upstreams: { '../x': { url: 'ftp://x' }, y: { url: 'http://u:p@x/' } } }, ['upstreams']],
    ]
    const runs = await Promise.all(bad.map(async ([given]) => run(given)))
    for (const [i, command] of runs.entries()) {
      expect(await command.exit).toBe(1)
      for (const name of bad[i]?.[1] ?? []) expect(command.stderr()).toContain(name)
      expect(command.stderr()).not.toMatch(/\bat .*:\d+:\d+/)
      expect(command.stdout()).toBe('')
    }
  },
)

it(
  'T107 a stop under load: what is on the wire is answered, streams end, and the process is gone',
  { timeout: 60_000 },
  async () => {
    const port = await freePort()
    const command = await run(whole(port))
    await command.logged('listening on')
    const alice = new Visitor(port, `http://localhost:${port}`)
    await alice.signIn()
    const held: (() => void)[] = []
    api.answer = (_, response) => void held.push(() => response.end('late'))
    const calls = Array.from({ length: 20 }, (_, i) => alice.call(`/bff/api/orders/${i}`))
    const stream = await dial(port)
    const heard = { text: '', closed: false }
    stream.on('data', (data) => (heard.text += String(data)))
    stream.on('close', () => (heard.closed = true))
    stream.write(
      requestText(`localhost:${port}`, '/bff/events', { headers: { ...BY_PAGE, Cookie: alice.cookies() } }),
    )
    expect(await eventually(() => held.length === 20 && heard.text.includes('event: session'))).toBe(true)
    command.child.kill('SIGTERM')
    await command.logged('stopping')
    expect(await eventually(() => heard.closed)).toBe(true)
    await expect(dial(port)).rejects.toThrow('ECONNREFUSED')
    for (const go of held) go()
    const answers = await Promise.all(calls)
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(
      Array.from({ length: 20 }, () => '200 late'),
    )
    expect(await command.exit).toBe(0)
  },
)
