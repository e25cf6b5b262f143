import {
  encodeUltra2Clock,
  encodeUltra2Header,
  encodeUltra2Record,
  encodeUltra2Serial,
} from '../encoders/onetouch-ultra2.ts'
import type { SerialDevice, Surroundings } from './device.ts'
import { createMeterMemory, type MeterOptions } from './meter-memory.ts'

export interface Ultra2Options extends MeterOptions {
  readonly displayUnit?: 'mg/dL' | 'mmol/L'
}

const MOST_RECORDS = 500
const LINE_END = [0x0d, 0x0a]
/** DC1 wakes it. */
const WAKE = '\x11'

/** A LifeScan OneTouch Ultra2 on its cable: says what it is asked, and forgets nothing. */
export function createUltra2(options: Ultra2Options, around: Surroundings): SerialDevice {
  const serial = options.serial ?? 'GMF600DCY'
  const memory = createMeterMemory(
    { ...options, source: 'onetouch-ultra2', mostRecords: MOST_RECORDS },
    (time, glucose) => encodeUltra2Record({ time, glucose, control: options.controlSolution === true }),
    around,
  )
  let current: ((bytes: Uint8Array) => void) | undefined

  const answer = (command: string): readonly Uint8Array[] => {
    const set = /^DMT(\d\d)\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(command)
    if (set) {
      const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = set.slice(1).map(Number)
      memory.clock.set({ year: 2000 + year, month, day, hour, minute, second })
      return [encodeUltra2Clock('T', memory.clock.read())]
    }
    switch (command) {
      case 'DMF':
        return [encodeUltra2Clock('F', memory.clock.read())]
      case 'DM@':
        return [encodeUltra2Serial(serial)]
      case 'DMP': {
        const unit = options.displayUnit === 'mmol/L' ? 'MMOL/L' : 'MG/DL '
        return [encodeUltra2Header(memory.size, serial, unit), ...memory.records()]
      }
      default:
        return []
    }
  }

  return {
    id: options.id,
    baudRate: 9_600,
    emitted: memory.emitted,
    connect(send) {
      current = send
      let heard = ''
      return {
        receive(bytes) {
          if (current !== send) return
          heard += new TextDecoder('ascii').decode(bytes)
          const commands = heard.split('\r')
          heard = commands.pop() ?? ''
          for (const command of commands) {
            const lines = answer(command.replaceAll(WAKE, ''))
            if (lines.length > 0) send(Uint8Array.from(lines.flatMap((line) => [...line, ...LINE_END])))
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
