import type { X509Certificate } from 'node:crypto'
import { cpSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { Command } from 'commander'
import { describe, expect, it, onTestFinished } from 'vitest'
import { drivers } from '../../../device-drivers/index.ts'
import { parseConfig } from '../../../gateway/config.ts'
import { writeDurably } from '../../../gateway/durable-file.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { identityFolder, readIdentity } from '../../../gateway/identity/slots.ts'
import type { Log, LogFields } from '../../../gateway/log.ts'
import { attendVisits } from '../../../gateway/visit/attend.ts'
import { addVisitCommands } from '../../../gateway/visit/command.ts'
import { isLoopback, originsOf, ownAddresses } from '../../../gateway/visit/reachable.ts'
import { freePort } from '../../support/free-port.ts'
import { startHome } from '../../support/home.ts'
import { enrolmentPlace, HUB } from '../identity/enrolment-place.ts'
import { becomes } from '../transport/radio-fixture.ts'

/** The page where others can reach it: on an address of this machine that is not its own alone. */

const [OUTSIDE] = ownAddresses()
/** A machine without a network listens on all of its addresses; one of those is the test's. */
const HOST = OUTSIDE ?? '0.0.0.0'
const REACHED_AT = OUTSIDE ?? '127.0.0.1'
const WITHIN_MS = 20_000

async function anEnrolledHub() {
  const place = await enrolmentPlace()
  await place.enrol(place.invite().code)
  const identity = readIdentity(place.home)
  const home = startHome({})
  const { dataDir } = home
  cpSync(place.home, identityFolder(dataDir), { recursive: true })
  const lines: (LogFields & { event: string })[] = []
  const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const log: Log = { info: note, warn: note, error: note }
  const clock = createHubClock()
  const broker = { url: 'mqtts://127.0.0.1:1' }
  const config = parseConfig({ hub: HUB, dataDir, broker }, { drivers }, () => '')
  const said: string[] = []

  /** The part of the hub that opens pages; once more after a restart. */
  function start() {
    const stop = new AbortController()
    const parts = { hub: HUB, dataDir, drivers, clock, log, home: home.hub.home, software: '0.0.0' }
    const done = attendVisits({ ...parts, randomHex: (n) => '1'.repeat(2 * n), identity: () => identity }, stop.signal)
    const end = async () => {
      stop.abort()
      await done
    }
    onTestFinished(end)
    return end
  }
  async function visit(...args: string[]): Promise<string> {
    said.length = 0
    const program = new Command().exitOverride()
    const parts = { clock, configOf: () => config, print: (text: string) => void said.push(text), log }
    addVisitCommands(program, { ...parts, machine: undefined, software: '0.0.0', run: async () => undefined })
    await program.parseAsync(['visit', ...args, '--config', 'hub.json'], { from: 'user' })
    return said.join('\n')
  }
  return { dataDir, lines, start, visit, file: join(dataDir, 'visit-page.json') }
}

function served(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: REACHED_AT, port, rejectUnauthorized: false })
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()
      socket.destroy()
      if (shown === undefined) reject(new Error('no certificate'))
      else resolve(shown)
    })
    // A line that is cut in the middle of a handshake fails more than once.
    socket.on('error', reject)
  })
}

const fingerprintAt = (port: number): Promise<string> =>
  served(port).then(
    ({ fingerprint256 }) => fingerprint256,
    () => 'nobody listens',
  )

const told = (text: string): string => /certificate SHA-256 (.+)/.exec(text)?.[1] ?? ''

describe('the page of a visit that phones can reach', { timeout: WITHIN_MS }, () => {
  it('is served over TLS, with the certificate whose fingerprint the command line has shown', async () => {
    const { start, visit, file, lines } = await anEnrolledHub()
    start()
    const port = await freePort()
    const text = await visit('open', '--host', HOST, '--port', String(port))
    expect(text).toContain('https://')
    const shown = await served(port)
    expect(told(text)).toBe(shown.fingerprint256)
    expect(told(text)).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(shown.checkIP(HOST)).toBe(HOST)
    await expect(fetch(`http://${REACHED_AT}:${port}/`)).rejects.toThrow()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.stringify(lines)).not.toMatch(/PRIVATE|visit-page/)
  })

  it('keeps its certificate over a restart of the hub, and has another in the next window', async () => {
    const { start, visit, file } = await anEnrolledHub()
    const end = start()
    const port = await freePort()
    const first = told(await visit('open', '--host', HOST, '--port', String(port)))
    await end()
    expect(existsSync(file)).toBe(true)
    start()
    await expect.poll(() => fingerprintAt(port), { timeout: WITHIN_MS }).toBe(first)
    const second = told(await visit('open', '--host', HOST, '--port', String(port)))
    expect(second).not.toBe(first)
    await expect.poll(() => fingerprintAt(port), { timeout: WITHIN_MS }).toBe(second)
  })

  it('leaves no key behind: not when the window is closed, nor when its time was over while the hub was off', async () => {
    const { start, visit, file, dataDir } = await anEnrolledHub()
    const end = start()
    const port = await freePort()
    await visit('open', '--host', HOST, '--port', String(port))
    expect(readFileSync(file, 'utf8')).toContain('PRIVATE KEY')
    await visit('close')
    expect(existsSync(file)).toBe(false)
    await visit('open', '--host', HOST, '--port', String(await freePort()))
    await end()
    const window = join(dataDir, 'visit-window.json')
    writeDurably(window, readFileSync(window, 'utf8').replace(/"closesAt":[\d.]+/, '"closesAt":1'))
    start()
    await becomes(() => !existsSync(file))
  })

  it('makes another certificate in the place of one that is damaged', async () => {
    const { start, visit, file } = await anEnrolledHub()
    const end = start()
    const port = await freePort()
    const first = told(await visit('open', '--host', HOST, '--port', String(port)))
    await end()
    writeDurably(file, readFileSync(file, 'utf8').slice(0, 100))
    start()
    await expect.poll(() => fingerprintAt(port), { timeout: WITHIN_MS }).toMatch(/^[0-9A-F:]+$/)
    expect(await fingerprintAt(port)).not.toBe(first)
  })
})

describe('an address', () => {
  it('is this machine’s own alone, or is served over TLS: nothing that only looks like one', () => {
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost'])
      expect([host, isLoopback(host)]).toEqual([host, true])
    for (const host of [
      '127.example.com',
      '127.0.0.1.example.com',
      '0.0.0.0',
      '::',
      '192.0.2.7',
      'localhost.example',
    ]) {
      expect([host, isLoopback(host)]).toEqual([host, false])
    }
  })

  it('is told as a technician types it', () => {
    expect(originsOf('::1', 8090)).toEqual(['http://[::1]:8090'])
    expect(originsOf('127.0.0.2', 8090)).toEqual(['http://127.0.0.2:8090'])
    expect(originsOf('0.0.0.0', 8090, ['192.0.2.7', '2001:db8::7'])).toEqual([
      'https://192.0.2.7:8090',
      'https://[2001:db8::7]:8090',
    ])
  })
})
