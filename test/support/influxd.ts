import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

const PROGRAM = '/usr/bin/influxd'
export const influxdInstalled = existsSync(PROGRAM)

export interface Influxd {
  readonly url: string
  stop(): Promise<void>
}

const configOf = (directory: string, http: number, rpc: number): string => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${directory}/meta"
[data]
  dir = "${directory}/data"
  wal-dir = "${directory}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  auth-enabled = false
  log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
`

/** Somebody else may take a free port first. */
const ATTEMPTS = 3

/** A real InfluxDB 1.x of its own in a temporary directory, on a free port of 127.0.0.1; resolves when it answers. */
export async function startInfluxd(attempts = ATTEMPTS): Promise<Influxd> {
  try {
    return await startOnce()
  } catch (error) {
    if (attempts <= 1) throw error
    return await startInfluxd(attempts - 1)
  }
}

async function startOnce(): Promise<Influxd> {
  const directory = mkdtempSync(join(tmpdir(), 'precare-influxd-'))
  const port = await freePort()
  const config = join(directory, 'influxdb.conf')
  writeFileSync(config, configOf(directory, port, await freePort()))
  const child = spawn(PROGRAM, ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  let said = ''
  const listening = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000)
      if (said.includes('Listening on HTTP')) resolve()
    })
    child.once('error', reject)
    child.once('close', () => reject(new Error(`influxd ended: ${said.slice(-500)}`)))
  })
  await listening.catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const url = `http://127.0.0.1:${port}`
  const ping = await fetch(`${url}/ping`)
  if (ping.status !== 204) throw new Error(`influxd answers ${ping.status}`)
  return { url, stop }
}
