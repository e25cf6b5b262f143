import { connect, type Socket } from 'node:net'
import { H4Reader, readPackets } from './h4.ts'
import type { HciController, HostPort } from './host-port.ts'
import { adapterInProcess } from './in-process.ts'
import type { SimulatedTime } from './peripheral.ts'

/** The way from noble's socket to a controller. */
export interface HciRoute {
  isUp(): boolean
  write(packet: Uint8Array): void
  close(): void
}

type Deliver = (packet: Uint8Array) => void

/** To the controller attached in this process under `deviceId`; it may come, go and be another one later. */
export function inProcessRoute(deviceId: number, deliver: Deliver): HciRoute {
  let plugged: { readonly controller: HciController; readonly port: HostPort } | undefined
  const current = () => {
    const controller = adapterInProcess(deviceId)
    if (controller !== plugged?.controller) {
      plugged?.port.close()
      plugged = controller && { controller, port: controller.connectHost(deliver) }
    }
    return plugged
  }
  return {
    isUp: () => current()?.controller.powered ?? false,
    write: (packet) => current()?.port.receive(packet),
    close: () => {
      plugged?.port.close()
      plugged = undefined
    },
  }
}

/** Between attempts to reach a controller that is not there. Below the second in which noble looks again. */
const RECONNECT_MS = 250

/** To a controller behind a unix socket; it connects again by itself, and without it the adapter is down. */
export function unixSocketRoute(path: string, time: SimulatedTime, deliver: Deliver): HciRoute {
  // Before the first attempt is decided the adapter counts as up, and the socket keeps what is written: noble looks only
  // once a second, and would otherwise start a second late.
  let up = true
  let closed = false
  let retry: { cancel(): void } | undefined
  let socket: Socket = open()

  function open(): Socket {
    const reader = new H4Reader()
    const opened = connect(path)
    opened.on('connect', () => {
      up = true
    })
    opened.on('data', (chunk) => {
      for (const packet of readPackets(reader, chunk, opened)) deliver(packet)
    })
    // ECONNREFUSED and ENOENT are what "down" looks like; 'close' follows.
    opened.on('error', () => opened.destroy())
    opened.on('close', () => {
      up = false
      if (!closed) retry = time.setTimeout(() => (socket = open()), RECONNECT_MS)
    })
    return opened
  }

  return {
    isUp: () => up,
    write: (packet) => {
      if (up) socket.write(packet)
    },
    close: () => {
      closed = true
      retry?.cancel()
      socket.destroy()
    },
  }
}
