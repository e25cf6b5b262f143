import type { Kind } from '../../device-drivers/reading.ts'
import type { CharacteristicDefinition, ServiceDefinition } from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import { type AdvertiseMs, createAdvertisingWindow } from './advertising-window.ts'
import type { BleDevice, EmittedReading, Surroundings, Values } from './device.ts'
import { emissions } from './device.ts'
import type { ClockHabits } from './device-clock.ts'
import { standardServices } from './device-services.ts'
import { createGapPeripheral, encrypts, type PeripheralOptions } from './gap-peripheral.ts'
import { createRecordServer, type RecordServerHabits, type ServedRecord } from './record-server.ts'

/** A device that keeps its records for ever and hands out those that are asked for: glucose meters and sensors. */

export interface RecordKeeperOptions extends Omit<PeripheralOptions, 'identity'>, RecordServerHabits {
  readonly clock?: ClockHabits
  readonly capacity?: number
  readonly advertiseMs?: AdvertiseMs
  readonly restMs?: number
  /** It hangs up so long after an answer; 'never': the hub must. */
  readonly leavesAfterMs?: number | 'never'
}

/** What tells one kind of such a device from another. */
export interface RecordKeeperSpec {
  readonly kind: Kind
  readonly service: string
  readonly model: string
  /** The first is the record. */
  readonly sources: readonly [string, ...string[]]
  readonly others: readonly CharacteristicDefinition[]
  readonly moreServices?: readonly ServiceDefinition[]
  /** Indicated, one by one, instead of notified. */
  readonly indicates?: boolean
  /** @param index how many are newer */
  packets(record: KeptRecord, index: number): ServedRecord['packets']
}

export interface KeptRecord {
  readonly number: number
  readonly values: Values
  readonly at: number
}

export interface RecordKeeper extends BleDevice {
  /** Requests to its Record Access Control Point, in hex. */
  readonly requests: readonly string[]
  keep(record: KeptRecord, deviceTime: string | undefined): EmittedReading
  /** The memory is empty. */
  clear(): void
}

const CAPACITY = 500
const REST_MS = 3_000
const LEAVES_AFTER_MS = 1_000

export function createRecordKeeper(
  spec: RecordKeeperSpec,
  options: RecordKeeperOptions,
  around: Surroundings,
): Omit<RecordKeeper, 'measure' | 'changeBattery'> & { forgetBond(): void } {
  const made = emissions(around)
  const encrypted = encrypts(options)
  let records: KeptRecord[] = []
  let timer: { cancel(): void } | undefined

  const after = (ms: number, then: () => void): void => {
    timer?.cancel()
    timer = around.time.setTimeout(then, ms)
  }
  const leave = (): void => peripheral.hangUp()

  const packetsOf = (record: KeptRecord): ServedRecord['packets'] =>
    spec.packets(record, records.length - 1 - records.indexOf(record))
  const server = createRecordServer(
    options,
    {
      time: around.time,
      random: around.random,
      sources: spec.sources,
      records: () => records.map((record) => ({ number: record.number, packets: packetsOf(record) })),
      onRequest: () => timer?.cancel(),
      onDone: () => {
        if (options.leavesAfterMs !== 'never') after(options.leavesAfterMs ?? LEAVES_AFTER_MS, leave)
      },
      leave,
      deliver: async (to, characteristic, bytes) => {
        if (spec.indicates) await to.indicate(characteristic, bytes)
        else to.notify(characteristic, bytes)
      },
    },
    encrypted,
  )
  const services: readonly ServiceDefinition[] = [
    {
      uuid: spec.service,
      characteristics: [
        ...spec.sources.map(
          (uuid): CharacteristicDefinition => ({
            uuid,
            properties: [spec.indicates ? 'indicate' : 'notify'],
            encrypted,
            onSubscribe: (_, mode) => server.subscribed(uuid, mode !== 'none'),
          }),
        ),
        ...spec.others,
        server.characteristic,
      ],
    },
    ...(spec.moreServices ?? []),
    ...standardServices(options, spec.model),
  ]
  const peripheral = createGapPeripheral(
    {
      name: spec.model,
      service: spec.service,
      services,
      onAttached: () => window.advertise(),
      onConnect: (opened) => {
        timer?.cancel()
        server.connected(opened)
      },
      onDisconnect: () => {
        server.disconnected()
        after(options.restMs ?? REST_MS, window.advertise)
      },
    },
    options,
  )
  const window = createAdvertisingWindow(peripheral, around.time, options.advertiseMs)

  return {
    id: options.id,
    definition: peripheral.definition,
    emitted: made.list,
    requests: server.requests,
    attachTo: peripheral.attachTo,
    keep(record, deviceTime) {
      records.push(record)
      if (records.length > (options.capacity ?? CAPACITY)) records.shift()
      const [packet] = packetsOf(record)
      const hex = toHex(packet?.bytes ?? new Uint8Array())
      window.open()
      window.advertise()
      return made.add({
        key: `${options.id}/${hex}`,
        device: options.id,
        kind: record.values['ketone'] === undefined ? spec.kind : 'ketone',
        source: spec.sources[0],
        hex,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        values: record.values,
        at: record.at,
        delivery: 'kept',
      })
    },
    clear() {
      records = []
    },
    forgetBond: peripheral.forgetBond,
    close() {
      timer?.cancel()
      peripheral.close()
      timer?.cancel()
    },
  }
}
