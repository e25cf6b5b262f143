import type { Decoded, RawRecord, SerialDriver, SerialLink, SessionEvent } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import { OXIMETRY_RULE } from '../live-stream.ts'
import { isUnsettled, liveValues } from '../live-values.ts'
import { asciiLines, isLineEnd } from './ascii-line.ts'
import { lineFrames } from './line-frames.ts'
import { decodeMasimo, judgeMasimo, masimoLine } from './masimo-decode.ts'

/** Masimo bedside oximeters, serial output "ASCII 1": a line of text a second. */

const SOURCE = 'masimo-ascii'

/** Twice the lines seen; a parameter may be added. */
const LONGEST_LINE = 256

/** Undefined for a damaged line, which the reducer reports. */
function factsOf(bytes: Uint8Array): ReturnType<typeof masimoLine> | undefined {
  try {
    return masimoLine(bytes)
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return undefined
  }
}

async function* collect(link: SerialLink): AsyncGenerator<SessionEvent, void> {
  const lines = lineFrames(link, asciiLines(LONGEST_LINE), SOURCE)
  const live = liveValues(SOURCE, OXIMETRY_RULE, judgeMasimo, false)
  let serial: string | undefined
  for await (const heard of lines.heard()) {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      continue
    }
    if (isLineEnd(heard)) continue
    const facts = factsOf(heard)
    if (facts !== undefined && facts.serial !== serial) {
      serial = facts.serial
      yield { type: 'identity', manufacturer: 'Masimo', serial }
    }
    const event = live.hear(heard)
    // A live line carries the present time of the monitor.
    if (event?.type === 'record' && facts?.now !== undefined) yield { type: 'clock', deviceNow: facts.now }
    if (event !== undefined) yield event
  }
  const last = live.end()
  if (last !== undefined) yield last
  const rest = lines.rest()
  if (rest !== undefined) yield rest
}

export const masimoAscii: SerialDriver = {
  transport: 'serial',
  settings: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  about: {
    id: 'masimo-ascii',
    title: 'Masimo oximeter, serial output ASCII 1',
    vendor: 'Masimo',
    models: ['Rad-8'],
    kinds: ['oxygen-saturation'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: 'dashes or 000: no value; EXC has a bit for each fault of sensor and signal',
    userSlots: 'none',
    storedRecords: 'none',
    commit: 'none: a live stream, nothing is kept in the device',
    bonding: 'none',
    setsClock: false,
    evidence: 'captured from a device',
    sources: ['yahnatan/pulseox', 'remkolems/masimo-datacapture', "Masimo Rad-8 Operator's Manual, trend data format"],
    quirks: [
      'month/day/year',
      'no checksum: a line that deviates from the format is refused whole',
      'the manual gives EXC in three digits for trends, the line has six; the upper three are ignored',
      'becomes one reading when stable for ten seconds',
    ],
  },
  match: () => false,
  session: (link) => collect(link),
  decode: (record: RawRecord): Decoded => decodeMasimo(record[0].bytes, isUnsettled(record)),
}
