import {
  ACKNOWLEDGE,
  crcOf,
  DISCONNECT,
  EXPECT,
  encodeUltraMiniClock,
  encodeUltraMiniCount,
  encodeUltraMiniFrame,
  encodeUltraMiniRecord,
  encodeUltraMiniText,
  SEND,
} from '../encoders/onetouch-ultramini.ts'
import type { SerialDevice, Surroundings } from './device.ts'
import { createMeterMemory, type MeterOptions } from './meter-memory.ts'

const MOST_RECORDS = 500
/** A record number that there is not: the answer is how many there are. */
const COUNT = 501
const HIGHEST = 600
/** What stands for HI. */
const HIGH = 0xffff

const OVERHEAD = 6
const REFUSED = Uint8Array.of(0x05, 0x09)

const little = (bytes: readonly number[]): number => bytes.reduce((sum, byte, i) => sum + byte * 256 ** i, 0)

/** A LifeScan OneTouch UltraMini on its cable. It says an answer again when the same request comes again. */
export function createUltraMini(options: Omit<MeterOptions, 'order'>, around: Surroundings): SerialDevice {
  const memory = createMeterMemory(
    { ...options, source: 'onetouch-ultramini', mostRecords: MOST_RECORDS },
    (time, glucose) => encodeUltraMiniRecord(time, glucose > HIGHEST ? HIGH : glucose),
    around,
  )
  let current: ((bytes: Uint8Array) => void) | undefined

  const clockIs = (): Uint8Array => encodeUltraMiniClock(memory.clock.read())

  const answer = ([prefix, command, ...rest]: readonly number[]): Uint8Array => {
    if (prefix !== 0x05) return REFUSED
    if (command === 0x0b) return encodeUltraMiniText(options.serial ?? 'C123AB456')
    if (command === 0x1f) {
      const number = little(rest)
      if (number === COUNT) return encodeUltraMiniCount(memory.size)
      return memory.records()[number] ?? REFUSED
    }
    if (command !== 0x20) return REFUSED
    if (rest[0] === 0x01) {
      const at = new Date(little(rest.slice(1, 5)) * 1000)
      memory.clock.set({
        year: at.getUTCFullYear(),
        month: at.getUTCMonth() + 1,
        day: at.getUTCDate(),
        hour: at.getUTCHours(),
        minute: at.getUTCMinutes(),
        second: at.getUTCSeconds(),
      })
    }
    return clockIs()
  }

  return {
    id: options.id,
    baudRate: 9_600,
    emitted: memory.emitted,
    connect(send) {
      current = send
      let held: number[] = []
      /** Sequence bit of our next answer, and of the request that we expect. */
      let ours = false
      let expected = false
      let last: Uint8Array | undefined

      const control = (bits = 0): number => bits | (ours ? SEND : 0) | (expected ? EXPECT : 0)

      const take = (frame: readonly number[]): void => {
        const link = frame[2] ?? 0
        const message = frame.slice(3, -3)
        if (link & DISCONNECT) {
          ours = expected = false
          last = undefined
          send(encodeUltraMiniFrame(DISCONNECT | ACKNOWLEDGE))
          return
        }
        if (message.length === 0) return
        if (((link & SEND) !== 0) !== expected) {
          // The request that was answered already: its answer was lost.
          send(encodeUltraMiniFrame(control(ACKNOWLEDGE)))
          if (last) send(last)
          return
        }
        expected = !expected
        send(encodeUltraMiniFrame(control(ACKNOWLEDGE)))
        last = encodeUltraMiniFrame(control(), answer(message))
        ours = !ours
        send(last)
      }

      return {
        receive(bytes) {
          if (current !== send) return
          held.push(...bytes)
          while (held.length > 0) {
            const [start, length = OVERHEAD] = held
            if (start !== 0x02 || length < OVERHEAD) {
              held.shift()
              continue
            }
            if (held.length < length) break
            const frame = held.slice(0, length)
            const good = little(frame.slice(-2)) === crcOf(frame.slice(0, -2))
            held = held.slice(good ? length : 1)
            if (good) take(frame)
          }
        },
        close() {
          if (current === send) current = undefined
        },
      }
    },
    measure: (values, act = {}) => memory.measure(values, act.at),
    changeBattery: () => memory.clock.lose(),
    close() {
      current = undefined
    },
  }
}
