import { describe, expect, onTestFinished, test } from 'vitest'
import { isPreCareError } from '../../device-drivers/errors.ts'
import type { BleTransport, SerialTransport } from '../../gateway/transport/transport.ts'

/** What every transport must do, whatever is below it. Each factory starts something fresh and cleans it up itself. */

const never = new AbortController().signal
const settings = { baudRate: 9600 } as const

function code(error: unknown): string {
  return isPreCareError(error) ? error.code : String(error)
}

async function collect(values: AsyncIterable<Uint8Array>, enough = Number.POSITIVE_INFINITY): Promise<string> {
  let all = ''
  for await (const value of values) {
    all += Buffer.from(value).toString('hex')
    if (all.length >= enough * 2) break
  }
  return all
}

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

export interface SerialSetting {
  readonly transport: SerialTransport
  readonly target: string
  /** A target of the same kind that is not there. */
  readonly missing: string
  /** The device at the other end. */
  readonly device: {
    send(bytes: Uint8Array): void
    /** Resolves with the first `count` bytes it got since it was asked last. */
    receive(count: number): Promise<string>
    /** The device or its cable is gone. */
    cut(): void
  }
}

export function serialTransportContract(name: string, start: () => Promise<SerialSetting>): void {
  describe(`serial transport over ${name}`, () => {
    test('bytes pass in both directions, in order', async () => {
      const { transport, target, device } = await start()
      const link = await transport.open(target, settings, never)
      onTestFinished(() => link.close())
      await link.write(bytes('7000'))
      await link.write(bytes('7201'))
      expect(await device.receive(4)).toBe('70007201')
      const heard = collect(link.chunks(), 300)
      for (let index = 0; index < 300; index += 10) {
        device.send(Uint8Array.from({ length: 10 }, (_, at) => (index + at) & 0xff))
      }
      expect(await heard).toBe(Buffer.from(Array.from({ length: 300 }, (_, at) => at & 0xff)).toString('hex'))
    })

    test('chunks end after their idle time, and what comes later is in the next ones', async () => {
      const { transport, target, device } = await start()
      const link = await transport.open(target, settings, never)
      onTestFinished(() => link.close())
      device.send(bytes('01'))
      expect(await collect(link.chunks({ idleMs: 200 }))).toBe('01')
      expect(link.lost.aborted).toBe(false)
      device.send(bytes('0203'))
      expect(await collect(link.chunks(), 2)).toBe('0203')
      device.send(bytes('04'))
      expect(await collect(link.chunks(), 1)).toBe('04')
    })

    test('a cut line ends chunks, aborts lost and refuses to write', async () => {
      const { transport, target, device } = await start()
      const link = await transport.open(target, settings, never)
      onTestFinished(() => link.close())
      device.send(bytes('0a'))
      expect(await collect(link.chunks(), 1)).toBe('0a')
      const heard = collect(link.chunks())
      device.cut()
      expect(await heard).toBe('')
      expect(link.lost.aborted).toBe(true)
      expect(code(link.lost.reason)).toBe('link-lost')
      expect(await link.write(bytes('01')).catch(code)).toBe('link-lost')
      await link.close()
    })

    test('a closed line can be closed again and opened again', async () => {
      const { transport, target, device } = await start()
      const link = await transport.open(target, settings, never)
      const heard = collect(link.chunks())
      await Promise.all([link.close(), link.close()])
      expect(await heard).toBe('')
      expect(link.lost.aborted).toBe(true)
      const next = await transport.open(target, settings, never)
      onTestFinished(() => next.close())
      await next.write(bytes('55'))
      expect(await device.receive(1)).toBe('55')
    })

    test('a target that is not there is port-unavailable', async () => {
      const { transport, missing } = await start()
      expect(await transport.open(missing, settings, never).catch(code)).toBe('port-unavailable')
    })

    test('an aborted signal opens nothing', async () => {
      const { transport, target } = await start()
      const stop = AbortSignal.abort()
      expect(await transport.open(target, settings, stop).catch(code)).toBe('link-lost')
      const link = await transport.open(target, settings, never)
      await link.close()
    })
  })
}

export interface BleSetting {
  readonly transport: BleTransport
  /** A device that advertises, with service 1810: 2A29 reads 414344, 2A08 is written, 2A35 indicates. */
  readonly address: string
  /** No such device. */
  readonly missing: string
  readonly device: {
    readonly written: readonly string[]
    /** Resolves when it is confirmed. */
    indicate(bytes: Uint8Array): Promise<void>
    disconnect(): void
  }
}

export function bleTransportContract(name: string, start: () => Promise<BleSetting>): void {
  describe(`bluetooth transport over ${name}`, () => {
    test('a device is connected, read, written and subscribed to', async () => {
      const { transport, address, device } = await start()
      const link = await transport.connect(address, never)
      expect(link.has('1810', '2A29')).toBe(true)
      expect(link.has('1810', '2A00')).toBe(false)
      expect(Buffer.from(await link.read('1810', '2A29')).toString('hex')).toBe('414344')
      await link.write('1810', '2A08', bytes('0102'))
      expect(device.written).toEqual(['0102'])
      const values = collect(await link.subscribe('1810', '2A35'))
      await device.indicate(bytes('0a'))
      await device.indicate(bytes('0b'))
      await link.close()
      expect(await values).toBe('0a0b')
    })

    test('a lost link ends what waits on it, and the device can be connected again', async () => {
      const { transport, address, device } = await start()
      const link = await transport.connect(address, never)
      const values = collect(await link.subscribe('1810', '2A35'))
      device.disconnect()
      expect(await values).toBe('')
      expect(code(link.lost.reason)).toBe('link-lost')
      expect(await link.read('1810', '2A29').catch(code)).toBe('link-lost')
      const next = await transport.connect(address, never)
      expect(Buffer.from(await next.read('1810', '2A29')).toString('hex')).toBe('414344')
      expect(transport.health()).toMatchObject({ state: 'ready', linksOpen: 1 })
    })

    test('a device that is not there is connect-timeout, and an aborted signal connects nothing', async () => {
      const { transport, address, missing } = await start()
      expect(await transport.connect(missing, never).catch(code)).toBe('connect-timeout')
      expect(await transport.connect(address, AbortSignal.abort()).catch(code)).toBe('link-lost')
      expect(transport.health().linksOpen).toBe(0)
      const link = await transport.connect(address, never)
      await link.close()
    })
  })
}
