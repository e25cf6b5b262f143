import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deviceStateSchema, hubHealthSchema } from '../../broker/contract/messages.ts'
import type { Advertisement, BroadcastDriver, Driver, SerialDriver, SessionEvent } from '../../device-drivers/driver.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { parseConfig } from '../../gateway/config.ts'
import { type HubParts, startHub } from '../../gateway/hub.ts'
import type { Log } from '../../gateway/log.ts'
import type { BleTransport, OpenGattLink, OpenSerialLink, SerialTransport } from '../../gateway/transport/transport.ts'
import { manualClock } from '../support/manual-clock.ts'
import { type ReceiptBroker, receiptBroker } from '../support/receipt-broker.ts'
import { tempDir, until } from '../support/temp-dir.ts'
import { about, decode, record, scriptedDriver } from '../support/test-driver.ts'

const HUB = 'hub-0001'
const ADDRESS = 'a4:c1:38:00:00:01'

const seen = (address = ADDRESS): Advertisement => ({
  address,
  addressType: 'public',
  services: ['181D'],
  serviceData: {},
  connectable: true,
  rssi: -60,
})

/** A radio that the test speaks for. */
function testRadio() {
  let hear: (seen: Advertisement) => void = () => undefined
  const connects: string[] = []
  let open = 0
  const radio = {
    connects,
    refuse: false,
    mostOpen: 0,
    advertise: (advertisement: Advertisement) => hear(advertisement),
    transport: {
      start: (onAdvertisement) => {
        hear = onAdvertisement
      },
      connect: async (address): Promise<OpenGattLink> => {
        connects.push(address)
        if (radio.refuse) throw new PreCareError('connect-timeout', 'no answer')
        open += 1
        radio.mostOpen = Math.max(radio.mostOpen, open)
        return {
          has: () => false,
          read: () => Promise.reject(new PreCareError('characteristic-missing', 'none')),
          write: () => Promise.resolve(),
          subscribe: () => Promise.reject(new PreCareError('characteristic-missing', 'none')),
          lost: new AbortController().signal,
          close: async () => {
            open -= 1
          },
        }
      },
      health: () => ({ state: 'ready', silentForMs: 0, linksOpen: open, scanRestarts: 0, connectFailures: 0 }),
    } satisfies BleTransport,
  }
  return radio
}

function setUp(broker: ReceiptBroker, drivers: readonly Driver[], config: object, more: Partial<HubParts> = {}) {
  const events: string[] = []
  const note: Log['info'] = (event, fields) =>
    void events.push(fields?.device === undefined ? event : `${event} ${fields.device}`)
  const clock = manualClock()
  const parsed = parseConfig(
    {
      hub: HUB,
      dataDir: tempDir(),
      broker: { url: broker.url, username: HUB, password: 'secret' },
      healthEveryS: 10,
      ...config,
    },
    { drivers },
    () => '',
  )
  const hub = startHub({
    config: parsed,
    drivers,
    clock,
    random: () => 0.5,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    log: { info: note, warn: note, error: note },
    version: '0.0.0',
    memory: () => 1,
    ...more,
  })
  const stop = async () => {
    const stopped = hub.stop()
    const done = { yet: false }
    void stopped.then(() => {
      done.yet = true
    })
    while (!done.yet) await clock.advance(100)
  }
  onTestFinished(stop)
  return { hub, clock, events, stop }
}

const device = (id: string, address: string) => ({ id, driver: 'test-scale', address })
const states = (broker: ReceiptBroker, id: string) =>
  broker.heard
    .filter(({ topic }) => topic === `v1/hubs/${HUB}/devices/${id}`)
    .map(({ text }) => deviceStateSchema.parse(JSON.parse(text)))

describe('the hub', () => {
  it('visits a configured device that advertises, and its reading reaches the broker', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    let number = 0
    const driver = scriptedDriver(async function* (): AsyncIterable<SessionEvent> {
      yield { type: 'identity', model: 'T-1', firmware: '2.0' }
      yield { type: 'battery', percent: 70 }
      number += 1
      yield { type: 'record', record: record(80, number) }
    })
    const { hub, clock } = setUp(
      broker,
      [driver],
      { devices: [device('scale-0001', ADDRESS)] },
      { ble: radio.transport },
    )
    await hub.ready
    radio.advertise(seen())
    radio.advertise(seen())
    await until(() => broker.ids().length === 1)
    expect(radio.connects).toEqual([ADDRESS])
    await until(() => states(broker, 'scale-0001').at(-1)?.batteryPercent === 70)
    expect(states(broker, 'scale-0001').at(-1)).toMatchObject({ driver: 'test-scale', model: 'T-1', firmware: '2.0' })
    // At rest directly after the visit, and asked again after it.
    radio.advertise(seen())
    await clock.advance(2_500)
    expect(radio.connects).toHaveLength(1)
    radio.advertise(seen())
    await until(() => broker.ids().length === 2)
  })

  it('leaves a device alone that is not configured, and notes it once an hour without its address', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    const driver = scriptedDriver(async function* () {})
    const { hub, clock, events } = setUp(broker, [driver], {}, { ble: radio.transport })
    await hub.ready
    for (let i = 0; i < 5; i += 1) radio.advertise(seen('a4:c1:38:00:00:99'))
    const noted = () => events.filter((event) => event.startsWith('device-not-configured'))
    expect(noted()).toHaveLength(1)
    expect(noted()[0]).not.toContain('a4:c1')
    await clock.advance(3600_000)
    radio.advertise(seen('a4:c1:38:00:00:99'))
    expect(noted()).toHaveLength(2)
    expect(radio.connects).toEqual([])
  })

  it('backs off from a device that does not answer, says so once, and never has more than four links', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    const release: (() => void)[] = []
    const driver = scriptedDriver(async function* (): AsyncIterable<SessionEvent> {
      await new Promise<void>((resolve) => release.push(resolve))
      yield { type: 'record', record: record(80, 1) }
    })
    const addresses = Array.from({ length: 6 }, (_, i) => `a4:c1:38:00:00:0${i}`)
    const devices = addresses.map((address, i) => device(`scale-000${i}`, address))
    const { hub, clock, events } = setUp(broker, [driver], { devices }, { ble: radio.transport })
    await hub.ready
    radio.refuse = true
    for (let i = 0; i < 100; i += 1) {
      radio.advertise(seen(addresses[0]))
      await clock.advance(100)
    }
    expect(radio.connects.length).toBeLessThan(7)
    expect(events.filter((event) => event.startsWith('connect-failed'))).toHaveLength(1)
    expect(states(broker, 'scale-0000').at(-1)?.problem).toBe('connect-timeout')
    radio.refuse = false
    await clock.advance(60_000)
    for (const address of addresses) radio.advertise(seen(address))
    await until(() => release.length === 4)
    for (const address of addresses) radio.advertise(seen(address))
    await clock.advance(0)
    expect(radio.mostOpen).toBe(4)
    for (const done of release) done()
  })

  it('takes a measurement from advertisements once, however often it is repeated', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    const driver: BroadcastDriver = {
      transport: 'broadcast',
      about: { ...about, storedRecords: 'none' },
      match: () => true,
      record: ({ serviceData }) => (serviceData['181D'] ? [{ source: 'test', bytes: serviceData['181D'] }] : undefined),
      decode: (raw) => {
        const { measurements, fields } = decode(raw)
        return { measurements: measurements.map(({ sequence: _, ...m }) => m), fields }
      },
    }
    const { hub, clock } = setUp(
      broker,
      [driver],
      { devices: [device('scale-0001', ADDRESS)] },
      { ble: radio.transport },
    )
    await hub.ready
    const measured = { ...seen(), connectable: false, serviceData: { '181D': Uint8Array.of(80, 0) } }
    for (let i = 0; i < 50; i += 1) {
      radio.advertise(measured)
      await clock.advance(1_000)
    }
    await until(() => broker.ids().length === 1)
    await clock.advance(61_000)
    radio.advertise(measured)
    await until(() => broker.ids().length === 2)
  })

  it('opens a serial line again after failures and goes on', async () => {
    const broker = await receiptBroker(HUB)
    let opened = 0
    const serial: SerialTransport = {
      list: () => Promise.resolve([]),
      open: async (): Promise<OpenSerialLink> => {
        opened += 1
        if (opened < 4) throw new PreCareError('port-unavailable', 'no such port')
        return {
          write: () => Promise.resolve(),
          chunks: async function* () {},
          lost: new AbortController().signal,
          close: () => Promise.resolve(),
        }
      },
    }
    const driver: SerialDriver = {
      transport: 'serial',
      about,
      settings: { baudRate: 9600 },
      match: () => false,
      decode,
      async *session() {
        yield { type: 'record', record: record(80, opened) }
      },
    }
    const line = { id: 'scale-0001', driver: 'test-scale', target: '/dev/ttyUSB0' }
    const { clock, events } = setUp(broker, [driver], { serial: [line] }, { serial })
    while (broker.ids().length < 2) await clock.advance(1_000)
    expect(opened).toBeGreaterThanOrEqual(5)
    expect(events.filter((event) => event === 'line-not-open scale-0001')).toHaveLength(1)
  })

  it('publishes its health by the schema, at once and then regularly', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    const { hub, clock } = setUp(broker, [], {}, { ble: radio.transport })
    await hub.ready
    const health = () =>
      broker.heard
        .filter(({ topic }) => topic.endsWith('/health'))
        .map(({ text }) => hubHealthSchema.parse(JSON.parse(text)))
    await until(() => health().length === 1)
    await clock.advance(12_000)
    await until(() => health().length === 2)
    expect(health()[1]).toMatchObject({ clock: { synced: true }, radio: { state: 'ready' }, outbox: { unsent: 0 } })
  })

  it('says up to which time it holds nothing: now when all is delivered, the earliest measurement while something waits', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    broker.answer = () => undefined
    const health = () =>
      broker.heard
        .filter(({ topic }) => topic.endsWith('/health'))
        .map(({ text }) => hubHealthSchema.parse(JSON.parse(text)))
    const { hub, clock } = setUp(
      broker,
      [
        scriptedDriver(async function* (): AsyncIterable<SessionEvent> {
          yield { type: 'record', record: record(80, 1) }
        }),
      ],
      { devices: [device('scale-0001', ADDRESS)] },
      { ble: radio.transport },
    )
    await hub.ready
    await until(() => health().length === 1)
    expect(health()[0]?.outbox.holdsNothingBefore).toBe(health()[0]?.at)
    radio.advertise(seen())
    await until(() => broker.ids().length > 0)
    const count = health().length
    await clock.advance(12_000)
    await until(() => health().length > count)
    const waiting = broker.batches()[0]?.readings[0]?.measuredAt ?? ''
    expect(health().at(-1)?.outbox).toMatchObject({ unsent: 1, holdsNothingBefore: waiting })
  })

  it('stops within three seconds in the middle of a visit that never ends', async () => {
    const broker = await receiptBroker(HUB)
    const radio = testRadio()
    let inside = false
    const driver = scriptedDriver(async function* (): AsyncIterable<SessionEvent> {
      yield { type: 'record', record: record(80, 1) }
      inside = true
      await new Promise(() => undefined)
    })
    const { hub, clock, stop } = setUp(
      broker,
      [driver],
      { devices: [device('scale-0001', ADDRESS)] },
      { ble: radio.transport },
    )
    await hub.ready
    radio.advertise(seen())
    await until(() => inside)
    const before = clock.now()
    await stop()
    expect(clock.now() - before).toBeLessThan(3_000)
    expect(states(broker, 'scale-0001').every(({ problem }) => problem === undefined)).toBe(true)
  })
})
