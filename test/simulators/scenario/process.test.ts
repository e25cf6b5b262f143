import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let dir = ''
let child: ChildProcess | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'simulate-'))
})
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  rmSync(dir, { recursive: true, force: true })
})

function start(...args: string[]) {
  const started = spawn(process.execPath, ['simulators/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  let stderr = ''
  started.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const lines = createInterface(started.stdout)
  return {
    process: started,
    line: once(lines, 'line').then(([line]) => JSON.parse(String(line))),
    ended: once(started, 'close').then(([code]) => ({ code, stderr })),
  }
}

describe('npm run simulate', () => {
  it.each([
    'SIGINT',
    'SIGTERM',
  ] as const)('says where everything is, writes what was made, and ends upon %s', async (signal) => {
    const file = join(dir, 'emitted.jsonl')
    const run = start('scenarios/demo.json', '--sockets', dir, '--speed', '20', '--seed', '3', '--emitted', file)
    const ready = await run.line
    expect(ready).toMatchObject({
      ready: true,
      hubs: [
        { hub: 'hub-0001', serial: [{ device: 'oximeter-0001' }] },
        { hub: 'hub-0002', serial: [{ device: 'oximeter-0003' }] },
      ],
    })
    for (const { hciSocket } of ready.hubs) expect(statSync(hciSocket).isSocket()).toBe(true)
    const { hostname, port } = new URL(ready.hubs[0].serial[0].target)
    const socket = connect(Number(port), hostname)
    const [record] = (await once(socket, 'data')) as [Buffer]
    const emitted = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(emitted.map((r) => r.hex)).toContain(record.subarray(0, 22).toString('hex').toUpperCase())
    run.process.kill(signal)
    expect(await run.ended).toEqual({ code: 0, stderr: '' })
    expect(existsSync(ready.hubs[0].hciSocket)).toBe(false)
    socket.destroy()
  })

  it('ends with 78 and names the field of a bad scenario', async () => {
    const file = join(dir, 'bad.json')
    const scenario = JSON.parse(readFileSync('simulators/scenarios/demo.json', 'utf8'))
    scenario.devices[1].address = 'nowhere'
    writeFileSync(file, JSON.stringify(scenario))
    const { code, stderr } = await start(file, '--sockets', dir).ended
    expect(code).toBe(78)
    expect(stderr).toContain('devices[1].address: use an address as c0:01:00:00:00:0a')
  })

  it('ends with 1 when a socket cannot be made', async () => {
    const deep = join(dir, 'x'.repeat(120))
    const { code, stderr } = await start('scenarios/demo.json', '--sockets', deep).ended
    expect(code).toBe(1)
    expect(stderr).toContain('hub-0001.sock')
  })
})
