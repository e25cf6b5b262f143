import { describe, expect, it } from 'vitest'
import type { SerialDevice } from '../../../simulators/devices/device.ts'
import { createLungMonitor } from '../../../simulators/devices/lung-monitor.ts'
import { createUltra2 } from '../../../simulators/devices/onetouch-ultra2.ts'
import { createUltraMini } from '../../../simulators/devices/onetouch-ultramini.ts'
import { createSerialContec } from '../../../simulators/devices/serial-oximeters.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { aTestsSurroundings } from './place.ts'

/** Habits of devices on serial lines, byte by byte. */

function open(device: SerialDevice) {
  const sent: string[] = []
  const peer = device.connect((bytes) => sent.push(toHex(bytes)))
  return { sent, say: (hex: string) => peer.receive(Buffer.from(hex, 'hex')), close: () => peer.close() }
}

describe('a lung monitor', () => {
  it('offers its oldest blow until it hears ACK, at once after NAK, and again at the next visit', () => {
    const { time, around } = aTestsSurroundings()
    const monitor = createLungMonitor({ id: 'spirometer-0001' }, around)
    for (const fev1 of [1.4, 1.5]) monitor.measure({ fev1, fev6: 2.5 })
    const [first, second] = monitor.emitted.map((e) => e.hex)
    const line = open(monitor)
    line.say('15')
    time.advance(10_000)
    expect(line.sent).toEqual([first, first, first])
    line.close()
    const again = open(monitor)
    again.say('06')
    expect(again.sent).toEqual([first, second])
    expect(monitor.stored).toBe(1)
  })

  it('forgets its oldest blow when it is full, and says so', () => {
    const { around, forgotten, emitted } = aTestsSurroundings()
    const monitor = createLungMonitor({ id: 'spirometer-0001', capacity: 1 }, around)
    for (const fev1 of [1.4, 1.5]) monitor.measure({ fev1, fev6: 2.5 })
    expect(monitor.stored).toBe(1)
    expect(forgotten).toEqual([emitted[0]?.key])
  })
})

describe('an Ultra2', () => {
  it('answers commands in pieces, newest record first, and takes a time', () => {
    const { around } = aTestsSurroundings()
    const meter = createUltra2({ id: 'meter-0001' }, around)
    for (const glucose of [90, 100]) meter.measure({ glucose })
    const line = open(meter)
    const say = (text: string) => line.say(Buffer.from(text).toString('hex'))
    say('\x11\rDM')
    say('P\r')
    const text = (i: number): string => Buffer.from(line.sent[i] ?? '', 'hex').toString()
    expect(text(0)).toMatch(/^P 002,"GMF600DCY","MG\/DL " [0-9A-F]{4}\r\nP .*" {2}100 ".*\r\nP .*" {2}090 ".*\r\n$/)
    say('\x11\rDMT07/01/26 08:30:00\r\x11\rDMF\r\x11\rDMX\r')
    expect(line.sent).toHaveLength(3)
    expect(text(2)).toMatch(/^F "WED","07\/01\/26","08:30:00 {3}" /)
  })
})

describe('an UltraMini', () => {
  it('says its last answer again when the same request comes again', () => {
    const { around } = aTestsSurroundings()
    const meter = createUltraMini({ id: 'meter-0001' }, around)
    meter.measure({ glucose: 90 })
    const line = open(meter)
    line.say('02060803C262')
    const count = '020A00051FF5010338AA'
    line.say(count)
    line.say(count)
    expect(line.sent[0]).toBe('02060C0306AE')
    const [, acknowledged, answer, , again] = line.sent
    expect(acknowledged).toBe('02060603CD41')
    expect(answer?.slice(4, 14)).toBe('02050F0100')
    expect(again).toBe(answer)
  })

  it('does not answer a damaged request', () => {
    const { around } = aTestsSurroundings()
    const line = open(createUltraMini({ id: 'meter-0001' }, around))
    line.say('020A00051FF5010338AB')
    expect(line.sent).toEqual([])
  })
})

describe('a Contec with the new protocol', () => {
  it('streams from the start command on, and stops when it is not kept alive', () => {
    const { time, around } = aTestsSurroundings()
    const line = open(createSerialContec({ id: 'oximeter-0001', protocol: 'new' }, around))
    time.advance(1_000)
    expect(line.sent).toEqual([])
    line.say('7D81A1808080808080')
    time.advance(9_000)
    line.say('7D81AF808080808080')
    const streaming = line.sent.length
    time.advance(9_000)
    const alive = line.sent.length
    time.advance(30_000)
    expect(streaming).toBeGreaterThan(80)
    expect(alive).toBeGreaterThan(streaming + 80)
    expect(line.sent.length).toBeLessThan(alive + 20)
    line.say('7D81AF808080808080')
    time.advance(1_000)
    expect(line.sent.length).toBeLessThan(alive + 20)
  })
})
