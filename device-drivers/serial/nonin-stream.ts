import type { Decoded, RawRecord, SerialDriver, SerialLink, SessionEvent, Visit } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { OXIMETRY_RULE } from '../live-stream.ts'
import { isUnsettled } from '../live-values.ts'
import type { FrameRule } from './framing.ts'
import { lineFrames } from './line-frames.ts'
import { identityOf, NONIN_ABOUT, NONIN_SETTINGS } from './nonin-about.ts'
import { decodeFormat1, decodeFormat8, judgeFormat1, judgeFormat8 } from './nonin-decode.ts'
import {
  FORMAT_1_FRAMES,
  FORMAT_2_FRAMES,
  FORMAT_7_FRAMES,
  GET_SERIAL_NUMBER,
  kindOf,
  STREAM_FRAMES,
  setFormat,
} from './nonin-frames.ts'
import { decodeFormat2, decodeFormat7, judgeFormat2, judgeFormat7 } from './nonin-pleth.ts'
import { type Judge, valuesBySecond } from './seconds.ts'

/** Nonin oximeters on a serial line that stream: data format 8, or by option 1, 2 or 7. */

interface StreamFormat {
  readonly number: 1 | 2 | 7 | 8
  readonly source: string
  readonly frames: FrameRule
  readonly perSecond: number
  readonly judge: Judge
  readonly decode: (bytes: Uint8Array, unsettled: boolean) => Decoded
}

const FORMAT_8: StreamFormat = {
  number: 8,
  source: 'nonin-df8',
  frames: STREAM_FRAMES,
  perSecond: 1,
  judge: judgeFormat8,
  decode: decodeFormat8,
}

const FORMATS: readonly StreamFormat[] = [
  FORMAT_8,
  {
    number: 1,
    source: 'nonin-df1',
    frames: FORMAT_1_FRAMES,
    perSecond: 1,
    judge: judgeFormat1,
    decode: decodeFormat1,
  },
  {
    number: 2,
    source: 'nonin-df2',
    frames: FORMAT_2_FRAMES,
    perSecond: 3,
    judge: judgeFormat2,
    decode: decodeFormat2,
  },
  {
    number: 7,
    source: 'nonin-df7',
    frames: FORMAT_7_FRAMES,
    perSecond: 3,
    judge: judgeFormat7,
    decode: decodeFormat7,
  },
]

/** @throws PreCareError 'config-invalid' */
function formatOf(visit: Visit): StreamFormat {
  const wanted = visit.options['format']
  if (wanted === undefined) return FORMAT_8
  const found = FORMATS.find((format) => format.number === wanted)
  if (found === undefined) throw new PreCareError('config-invalid', 'options.format: write 1, 2, 7 or 8')
  return found
}

async function* collect(link: SerialLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const format = formatOf(visit)
  await link.write(GET_SERIAL_NUMBER)
  await link.write(setFormat(format.number))
  const line = lineFrames(link, format.frames, format.source)
  const live = valuesBySecond(format.source, OXIMETRY_RULE, format.judge, format.perSecond)
  for await (const heard of line.heard()) {
    if (!(heard instanceof Uint8Array)) {
      yield heard
      continue
    }
    if (kindOf(heard) === 'serial-number') yield identityOf(heard)
    if (kindOf(heard) !== 'stream') continue
    const event = live.hear(heard)
    if (event !== undefined) yield event
  }
  const last = live.end()
  if (last !== undefined) yield last
  const rest = line.rest()
  if (rest !== undefined) yield rest
}

export const noninStream: SerialDriver = {
  transport: 'serial',
  settings: NONIN_SETTINGS,
  about: {
    ...NONIN_ABOUT,
    id: 'nonin-stream',
    title: 'Nonin oximeter, live stream (data format 8; 1, 2 or 7 by option)',
    models: ['Onyx II 9560', 'WristOx2 3150', 'Xpod'],
    timeRule: 'no-device-time',
    storedRecords: 'none',
    commit: 'none: a live stream, nothing is kept in the device',
    setsClock: false,
    evidence: 'captured from a device',
    sources: [
      'Nonin 9560 OEM Specification and Technical Information',
      'mattjlewis/NoninPulseOx (format 2, with a recording)',
      'silverbullet-dk/opentele-client-android (format 8)',
    ],
    quirks: [
      'taken at SmartPoint, else when stable for ten seconds',
      'option format: 8 (default), 1, 2 or 7',
      'formats 1 and 7 from a specification only: the status bits of format 1 are those of format 8, those of 7 as in 2',
    ],
  },
  match: () => false,
  session: collect,
  decode(record: RawRecord): Decoded {
    const [{ source, bytes }] = record
    const format = FORMATS.find((each) => each.source === source) ?? FORMAT_8
    return format.decode(bytes, isUnsettled(record))
  },
}
