import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { hubHealthSchema } from '../../broker/contract/messages.ts'
import type { SerialDriver } from '../../device-drivers/driver.ts'
import { parseConfig } from '../../gateway/config.ts'
import { spaceOf } from '../../gateway/disk-space.ts'
import { startHub } from '../../gateway/hub.ts'
import type { LogFields } from '../../gateway/log.ts'
import type { OpenSerialLink, SerialTransport } from '../../gateway/transport/transport.ts'
import { type ManualClock, manualClock } from '../support/manual-clock.ts'
import { optional } from '../support/optional.ts'
import { type ReceiptBroker, receiptBroker } from '../support/receipt-broker.ts'
import { mayMount, smallDisk } from '../support/small-disk.ts'
import { until } from '../support/temp-dir.ts'
import { about, decode, record } from '../support/test-driver.ts'

const HUB = 'hub-0001'

/** A device that sends its oldest record until it is told "received", and then forgets it. */
function deviceWithMemory(records: number) {
  const memory = Array.from({ length: records }, (_, i) => i + 1)
  const link: OpenSerialLink = {
    write: () => Promise.resolve(),
    chunks: async function* () {},
    lost: new AbortController().signal,
    close: () => Promise.resolve(),
  }
  const serial: SerialTransport = { list: () => Promise.resolve([]), open: () => Promise.resolve(link) }
  const driver: SerialDriver = {
    transport: 'serial',
    about,
    settings: { baudRate: 9600 },
    match: () => false,
    decode,
    async *session() {
      for (let oldest = memory[0]; oldest !== undefined; oldest = memory[0]) {
        yield { type: 'record', record: record(80, oldest) }
      }
    },
    commit: async (_link, [{ bytes }]) => {
      memory.splice(memory.indexOf(bytes[1] ?? 0), 1)
    },
  }
  return { memory, serial, driver }
}

type Device = ReturnType<typeof deviceWithMemory>

function startOn(dataDir: string, broker: ReceiptBroker, clock: ManualClock, { serial, driver }: Device) {
  const lines: (LogFields & { event: string })[] = []
  const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const config = parseConfig(
    {
      hub: HUB,
      dataDir,
      broker: { url: broker.url, username: HUB, password: 'secret' },
      healthEveryS: 10,
      serial: [{ id: 'scale-0001', driver: about.id, target: '/dev/ttyS0' }],
    },
    { drivers: [driver] },
    () => '',
  )
  let random = 0
  const hub = startHub({
    config,
    drivers: [driver],
    clock,
    random: () => 0.5,
    randomHex: (bytes) =>
      (++random)
        .toString(16)
        .padStart(2, '0')
        .repeat(bytes)
        .slice(-2 * bytes),
    log: { info: note, warn: note, error: note },
    version: '0.0.0',
    memory: () => 1,
    disk: () => spaceOf(dataDir),
    serial,
  })
  const stop = async () => {
    const done = { yet: false }
    const stopped = hub.stop().then(() => {
      done.yet = true
    })
    while (!done.yet) await clock.advance(100)
    await stopped
  }
  onTestFinished(stop)
  return { hub, stop, alarms: () => lines.filter(({ event }) => event === 'disk').map(({ state }) => state) }
}

const alarmsOf = (broker: ReceiptBroker) =>
  broker.heard
    .filter(({ topic }) => topic.endsWith('/health'))
    .map(({ text }) => hubHealthSchema.parse(JSON.parse(text)).disk?.alarm)

optional('root', mayMount)('the disk of a hub', () => {
  it('fault 17: is full: readings stay in the device, the alarm is told once, and they all come when there is room', async () => {
    const broker = await receiptBroker(HUB)
    const disk = smallDisk(16)
    const clock = manualClock()
    const device = deviceWithMemory(0)
    const { hub, alarms } = startOn(disk.dir, broker, clock, device)
    await hub.ready
    const free = disk.fill()
    device.memory.push(...Array.from({ length: 40 }, (_, i) => i + 1))
    while (!alarmsOf(broker).includes('full')) await clock.advance(1_000)
    await clock.advance(120_000)
    expect(device.memory).toHaveLength(40)
    expect(broker.ids()).toHaveLength(0)
    expect(alarms()).toEqual(['full'])
    free()
    while (device.memory.length > 0 || broker.ids().length < 40) await clock.advance(1_000)
    while (alarmsOf(broker).at(-1) !== 'none') await clock.advance(1_000)
    expect(new Set(broker.ids()).size).toBe(40)
    expect(alarms()).toEqual(['full', 'none'])
    expect(existsSync(join(disk.dir, 'ballast'))).toBe(true)
  })

  it('was filled while there was no broker: everything drains over the full disk, and new readings are taken again', async () => {
    const disk = smallDisk(16)
    const clock = manualClock()
    const deaf = await receiptBroker(HUB)
    deaf.accept = () => false
    const device = deviceWithMemory(150)
    const first = startOn(disk.dir, deaf, clock, device)
    while (device.memory.length > 0) await clock.advance(1_000)
    disk.fill()
    await first.stop()
    const broker = await receiptBroker(HUB)
    const more = deviceWithMemory(0)
    const { hub, alarms } = startOn(disk.dir, broker, clock, more)
    await hub.ready
    await until(() => broker.ids().length >= 150)
    await clock.advance(10_000)
    expect(new Set(broker.ids()).size).toBe(150)
    more.memory.push(200)
    while (more.memory.length > 0 || broker.ids().length < 151) await clock.advance(1_000)
    expect(alarms()[0]).toBe('nearly-full')
  })
})
