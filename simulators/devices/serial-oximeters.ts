import { encodeContecNew, encodeContecOld } from '../encoders/contec.ts'
import { encodeMasimo } from '../encoders/masimo.ts'
import { need, type SerialDevice, type Surroundings, type Values } from './device.ts'
import { createLineStream, type LineStreamOptions, type LineStreamSpec } from './line-stream.ts'

/** Oximeters that stream on a serial line: Contec CMS50 in both protocols, and Masimo. */

/** Contec: 60 packets a second, handed over six at a time. */
const CONTEC = { kind: 'oxygen-saturation', everyMs: 100, burst: 6 } as const

const seen = (values: Values, id: string) => ({
  oxygenSaturation: Math.round(need(values, 'oxygenSaturation', id)),
  pulseRate: Math.round(need(values, 'pulseRate', id)),
})

const NOBODY = { oxygenSaturation: undefined, pulseRate: undefined } as const

export interface ContecOptions extends LineStreamOptions {
  readonly protocol: 'old' | 'new'
}

/** Not told for so long to go on, it stops. */
const PATIENCE_MS = 10_000

function contecCommand(bytes: Uint8Array): ReturnType<NonNullable<LineStreamSpec['command']>> {
  if (bytes.length !== 9 || bytes[0] !== 0x7d || bytes[1] !== 0x81) return undefined
  return bytes[2] === 0xa1 ? 'start' : bytes[2] === 0xaf ? 'stay' : undefined
}

export function createSerialContec(options: ContecOptions, around: Surroundings): SerialDevice {
  const isOld = options.protocol === 'old'
  const spec: LineStreamSpec = isOld
    ? {
        ...CONTEC,
        source: 'contec-cms50-old',
        baudRate: 19_200,
        encode: (values, settled) =>
          encodeContecOld(
            values ? { ...seen(values, options.id), searching: !settled } : { ...NOBODY, fingerOut: true, strength: 0 },
          ),
      }
    : {
        ...CONTEC,
        source: 'contec-cms50-new',
        baudRate: 115_200,
        // Until it has a value it sends 0, as it does without a finger.
        encode: (values, settled) => encodeContecNew(values && settled ? seen(values, options.id) : NOBODY),
        patienceMs: PATIENCE_MS,
        command: contecCommand,
      }
  return createLineStream(spec, options, around)
}

export interface MasimoOptions extends LineStreamOptions {
  readonly serial?: string
  readonly lowPerfusion?: boolean
}

/** Masimo SET runs; Sensor Off; Pulse Search; Low Perfusion. */
const SET = 0x800
const SENSOR_OFF = 0x020
const PULSE_SEARCH = 0x008
const LOW_PERFUSION = 0x004
const PERFUSION_INDEX = 3.6

export function createSerialMasimo(options: MasimoOptions, around: Surroundings): SerialDevice {
  const spec: LineStreamSpec = {
    kind: 'oxygen-saturation',
    source: 'masimo-ascii',
    baudRate: 9_600,
    everyMs: 1_000,
    burst: 1,
    end: Uint8Array.of(0x0d, 0x0a),
    encode: (values, settled, time) =>
      encodeMasimo({
        time,
        serial: options.serial ?? '56661',
        ...(values ? seen(values, options.id) : NOBODY),
        perfusionIndex: values && PERFUSION_INDEX,
        exceptions:
          SET | (values ? (settled ? 0 : PULSE_SEARCH) : SENSOR_OFF) | (options.lowPerfusion ? LOW_PERFUSION : 0),
      }),
  }
  return createLineStream(spec, options, around)
}
