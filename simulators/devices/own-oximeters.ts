import { encodeContecValues, encodeContecWave, sumIsRight } from '../encoders/contec-ff12.ts'
import {
  encodeJumperValues,
  encodeJumperWave,
  encodeNoninOximetry,
  encodeViatomValues,
  readViatomCommand,
} from '../encoders/own-oximeters.ts'
import { createAskedStream } from './asked-stream.ts'
import { type BleDevice, need, type Surroundings, type Values } from './device.ts'
import { createStream } from './stream.ts'
import type { WornOptions } from './worn-device.ts'

/** Oximeters that are worn and speak their vendor's own protocol. Values: oxygenSaturation (%) and pulseRate. */

function seen(values: Values | undefined, id: string) {
  if (values === undefined) return { oxygenSaturation: undefined, pulseRate: undefined }
  return {
    oxygenSaturation: Math.round(need(values, 'oxygenSaturation', id)),
    pulseRate: Math.round(need(values, 'pulseRate', id)),
  }
}
/** How far off a value is before it settles. */
const EARLY_ERROR = 5
const early = (values: Values | undefined): Values | undefined =>
  values && { ...values, oxygenSaturation: (values['oxygenSaturation'] ?? 0) - EARLY_ERROR }

export interface NoninOptions extends WornOptions {
  readonly lowBattery?: boolean
  /** Signal of 0.3 % modulation or less: no reading, however long it is worn. */
  readonly weakSignal?: boolean
}

/** Nonin 3230: searches, then every packet has passed SmartPoint. */
export function createNoninBle(options: NoninOptions, around: Surroundings): BleDevice {
  let counter = 0
  return createStream(
    {
      kind: 'oxygen-saturation',
      service: '46A970E00D5F11E28B5E0002A5D5C51B',
      characteristic: '0AAD7EA00D6011E28E3C0002A5D5C51B',
      model: 'Nonin3230_502000001',
      advertisement: () => ({ nameInScanResponse: true }),
      encode: (values, settled) => {
        counter = (counter + 1) % 0x10000
        return encodeNoninOximetry({
          ...seen(settled ? values : early(values), options.id),
          amplitude: options.weakSignal ? 0.2 : 3.5,
          counter,
          smartPoint: settled && options.weakSignal !== true,
          searching: values !== undefined && !settled,
          attached: values !== undefined,
          ...(options.lowBattery === undefined ? {} : { lowBattery: options.lowBattery }),
          ...(options.weakSignal === undefined ? {} : { weakSignal: options.weakSignal }),
        })
      },
    },
    options,
    around,
  )
}

/** Jumper "My Oximeter": pieces of the wave around one packet with values a second. */
export function createJumper(options: WornOptions, around: Surroundings): BleDevice {
  return createAskedStream(
    {
      kind: 'oxygen-saturation',
      service: 'CDEACB8052354C07884693A37EE6B86D',
      notify: 'CDEACB8152354C07884693A37EE6B86D',
      model: 'My Oximeter',
      encode: (values, settled) =>
        encodeJumperValues({ ...seen(settled ? values : undefined, options.id), perfusionIndex: values ? 4.2 : 0 }),
      second(stage) {
        for (let i = 0; i < 4; i++) stage.say(encodeJumperWave(20 + i))
        stage.say(stage.packet)
      },
    },
    options,
    around,
  )
}

export interface ContecOximeterOptions extends WornOptions {
  /** Damages every n-th packet with values. */
  readonly garblesEvery?: number
}

/** Contec CMS50D-BT: silent until it is started; packets run over the ends of notifications. */
export function createContecOximeter(options: ContecOximeterOptions, around: Surroundings): BleDevice {
  let said = 0
  return createAskedStream(
    {
      kind: 'oxygen-saturation',
      service: 'FF12',
      write: 'FF01',
      notify: 'FF02',
      model: 'SpO202',
      encode: (values, settled) => encodeContecValues(seen(settled ? values : undefined, options.id)),
      hear(bytes, stage) {
        if (!sumIsRight(bytes)) return
        if (bytes[0] === 0x9a) stage.say(Uint8Array.of(0xea, 0x00, 0x6a))
        if (bytes[0] === 0x9b) stage.started = bytes[1] !== 0x7f
      },
      second(stage) {
        if (!stage.started) return
        said += 1
        const values = stage.packet.slice()
        if (options.garblesEvery !== undefined && said % options.garblesEvery === 0) values.set([0x11], 4)
        const wave = encodeContecWave(said % 100)
        stage.say(Uint8Array.from([...wave, ...wave, ...values, ...wave]))
      },
    },
    options,
    around,
  )
}

export interface RingOptions extends WornOptions {
  /** Never sends the last byte of an answer, which does not fit into one notification. */
  readonly losesCrc?: boolean
}

/** O2Ring: answers when asked; worn without a pulse it says zeros. */
export function createRing(options: RingOptions, around: Surroundings): BleDevice {
  return createAskedStream(
    {
      kind: 'oxygen-saturation',
      service: '14839AC47D7E415C9A42167340CF2339',
      write: '8B00ACE7EB0B49B0BBE99AEE0A26E1A3',
      notify: '0734594AA8E74B1AA6B1CD5243059A57',
      model: 'O2Ring 0001',
      encode: (values, settled) => {
        const answer = encodeViatomValues({
          ...seen(settled ? values : undefined, options.id),
          battery: options.batteryPercent ?? 90,
          worn: values !== undefined,
        })
        return options.losesCrc ? answer.slice(0, -1) : answer
      },
      hear(bytes, stage) {
        if (readViatomCommand(bytes) === 0x17) stage.say(stage.packet)
      },
    },
    options,
    around,
  )
}
