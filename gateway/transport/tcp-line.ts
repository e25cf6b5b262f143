import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { PreCareError } from '../../device-drivers/errors.ts'

/** As ser2net offers a port in raw mode: bytes and nothing else. */
const TARGET = /^tcp:\/\/(\[[0-9a-f:]+\]|[^:/]+):(\d{1,5})$/i

/** Silence on the line after which the system asks whether the other machine is still there. */
const KEEP_ALIVE_MS = 15_000

/** @throws PreCareError('config-invalid') when it looks like TCP and is none; undefined when it is no TCP target at all */
export function parseTcpTarget(target: string): { readonly host: string; readonly port: number } | undefined {
  if (!target.startsWith('tcp:')) return undefined
  const [, host, digits] = TARGET.exec(target) ?? []
  const port = Number(digits)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new PreCareError('config-invalid', `${target}: write tcp://host:port with a port from 1 to 65535`)
  }
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

/** A line that is being opened: `opened` resolves or rejects once, and `stream` is destroyed to give up. */
export interface OpeningLine {
  readonly stream: Duplex
  readonly opened: Promise<void>
}

/** Bytes of a measurement are few and wanted at once, so nothing waits for more of them (no Nagle). */
export function openTcpLine(host: string, port: number): OpeningLine {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new PreCareError('port-unavailable', 'closed while it was being opened')))
  })
  return { stream: socket, opened }
}
