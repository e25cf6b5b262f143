import { describe, expect, it } from 'vitest'
import { createNoninOximeter, type NoninOptions } from '../../../simulators/devices/nonin-oximeter.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { aTestsSurroundings } from './place.ts'

const ACK = '06'
const NAK = '15'
const FROM_MEMORY = 0x10

function anOximeter(options: Partial<NoninOptions> = {}) {
  const surroundings = aTestsSurroundings()
  const oximeter = createNoninOximeter({ id: 'oximeter-0001', format: 13, ...options }, surroundings.around)
  const open = () => {
    const sent: string[] = []
    const peer = oximeter.connect((bytes) => sent.push(toHex(bytes)))
    return {
      sent,
      say: (hex: string) => peer.receive(Buffer.from(hex, 'hex')),
      close: () => peer.close(),
      /** SpO2 of each record that was offered. */
      offered: () =>
        sent.filter((hex) => hex.startsWith('0002000D')).map((hex) => Number.parseInt(hex.slice(38, 40), 16)),
    }
  }
  const measure = (oxygenSaturation: number) => oximeter.measure({ oxygenSaturation, pulseRate: 80 })
  return { ...surroundings, oximeter, open, measure }
}

describe('a serial oximeter with a memory', () => {
  it('deletes a record when it is acknowledged, and offers the next', () => {
    const { oximeter, open, measure } = anOximeter()
    for (const spo2 of [91, 92]) measure(spo2)
    const line = open()
    expect(line.offered()).toEqual([91])
    expect(oximeter.stored).toBe(2)
    line.say(ACK)
    expect(line.offered()).toEqual([91, 92])
    expect(oximeter.stored).toBe(1)
    line.say(ACK)
    expect(oximeter.stored).toBe(0)
  })

  it.each([
    ['silence', ''],
    ['a NAK', NAK],
    ['a command', '027402020203'],
    ['noise', 'FF0013'],
    ['a lost line', 'close'],
  ])('keeps a record upon %s', (_, answer) => {
    const { oximeter, open, measure } = anOximeter()
    measure(91)
    const line = open()
    if (answer === 'close') line.close()
    else line.say(answer)
    expect(oximeter.stored).toBe(1)
    expect(open().offered()).toEqual([91])
  })

  it('offers a record only so often in one visit, and again when the port is opened anew', () => {
    const { oximeter, open, measure, time } = anOximeter()
    measure(91)
    const line = open()
    time.advance(9_999)
    expect(line.offered()).toEqual([91])
    time.advance(60_000)
    expect(line.offered()).toEqual([91, 91, 91])
    expect(open().offered()).toEqual([91])
    expect(oximeter.stored).toBe(1)
  })

  it('takes an ACK that comes after it gave up for nothing', () => {
    const { oximeter, open, measure, time } = anOximeter()
    measure(91)
    const line = open()
    time.advance(60_000)
    line.say(ACK)
    expect(oximeter.stored).toBe(1)
    expect(open().offered()).toEqual([91])
  })

  it('does not offer a record twice because it was told its format meanwhile', () => {
    const { open, measure } = anOximeter()
    measure(91)
    const line = open()
    line.say('027004020D008303')
    expect(line.offered()).toEqual([91])
    expect(line.sent.at(-1)).toBe('06')
  })

  it('does not offer a second record while the first is unanswered', () => {
    const { open, measure } = anOximeter()
    const line = open()
    measure(91)
    measure(92)
    expect(line.offered()).toEqual([91])
  })

  it('marks what it offers again as coming from the memory, with another checksum, under the same key', () => {
    const { open, measure, emitted } = anOximeter()
    measure(91)
    const first = open().sent[0] ?? ''
    const again = open().sent[0] ?? ''
    expect(first).toBe(emitted[0]?.hex)
    expect(Number.parseInt(again.slice(30, 32), 16) ^ Number.parseInt(first.slice(30, 32), 16)).toBe(FROM_MEMORY)
    expect(again.slice(40, 42)).not.toBe(first.slice(40, 42))
    expect(emitted[0]).toMatchObject({ key: `oximeter-0001/${first}`, delivery: 'kept', source: 'nonin-df13' })
  })

  it('does not listen to a line that another one replaced', () => {
    const { oximeter, open, measure } = anOximeter()
    measure(91)
    const old = open()
    open()
    old.say(ACK)
    old.close()
    expect(oximeter.stored).toBe(1)
  })

  it('drops its oldest record when it is full, and says so', () => {
    const { oximeter, measure, forgotten, emitted } = anOximeter({ capacity: 2 })
    for (const spo2 of [91, 92, 93]) measure(spo2)
    expect(oximeter.stored).toBe(2)
    expect(forgotten).toEqual([emitted[0]?.key])
  })

  it('answers commands in pieces: serial number, time, format', () => {
    const { open } = anOximeter({ serial: '501493200' })
    const line = open()
    line.say('0274')
    line.say('02020203')
    line.say('02720003')
    line.say('0272061A0701081E0003')
    line.say('02720003')
    line.say('0270040208007E03')
    expect(line.sent).toEqual([
      '02F40B02353031343933323030CA03',
      '02F2061A010F0C000003',
      '06',
      '02F2061A0701081E0003',
      '06',
    ])
  })

  it.each([
    ['a wrong checksum', '0270040208007F03'],
    ['an unknown format', '0270040263' + '00D903'],
    ['an unknown opcode', '027900' + '03'],
    ['a time that is none', '0272061A0D01081E0003'],
  ])('refuses %s', (_, command) => {
    const { open } = anOximeter()
    const line = open()
    line.say(command)
    expect(line.sent).toEqual(['15'])
  })
})

describe('a serial oximeter that streams', () => {
  it('sends a packet a second: an empty finger, a value not yet good, a good one, an empty finger', () => {
    const { oximeter, open, time, emitted } = anOximeter({ format: 8, settlesMs: 2_000, wornMs: 4_000 })
    const line = open()
    time.advance(1_500)
    oximeter.measure({ oxygenSaturation: 93, pulseRate: 140 })
    time.advance(6_000)
    const empty = '837F7F08'
    expect(line.sent).toEqual([empty, empty, '810C5D00', '810C5D00', '810C5D20', '810C5D20', empty, empty])
    expect(emitted[0]).toMatchObject({ hex: '810C5D20', delivery: 'live' })
  })

  it('ends its timers when it is closed', () => {
    const { oximeter, open, time } = anOximeter({ format: 8 })
    const line = open()
    time.advance(1_000)
    const before = line.sent.length
    oximeter.close()
    time.advance(10_000)
    expect(line.sent.length).toBe(before)
  })
})
