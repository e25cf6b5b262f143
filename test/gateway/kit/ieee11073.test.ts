import { describe, expect, it, onTestFinished } from 'vitest'
import type { SerialDriver } from '../../../device-drivers/driver.ts'
import type { RawReading } from '../../../device-drivers/reading.ts'
import type { EmittedReading, SerialDevice, Surroundings } from '../../../simulators/devices/device.ts'
import { createIeee11073Agent } from '../../../simulators/devices/ieee11073-agent.ts'
import type { AgentOptions } from '../../../simulators/devices/ieee11073-habits.ts'
import { createSerialDevice } from '../../../simulators/devices/of-scenario.ts'
import { readScenario } from '../../../simulators/scenario.ts'
import { isIeee11073 } from '../../../simulators/scenario-ieee11073.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import type { LineFaults } from '../../../simulators/serial/line.ts'
import { listenTcpPort } from '../../../simulators/serial/tcp-port.ts'
import { realTime } from '../../../simulators/time.ts'
import { startHome } from '../../support/home.ts'
import { hexOf } from './stored-readings.ts'

/** IEEE 11073-20601 agents, collected by the whole gateway: from the port to a row of the outbox. */

const MINUTE = 60_000
const DRIVER: SerialDriver['about']['id'] = 'ieee11073'

const time = realTime()
const around = (): Surroundings => ({
  time,
  wallNow: () => time.now(),
  timeZone: 'Europe/Copenhagen',
  random: seededRandom(7),
})

const anAgent = (options: Partial<AgentOptions> & Pick<AgentOptions, 'specialization'>) =>
  createIeee11073Agent({ id: 'agent-0001', retryMs: 100, ...options }, around())

async function plugged(device: SerialDevice, faults: LineFaults = {}) {
  const port = await listenTcpPort(device, { time, random: seededRandom(3), faults })
  onTestFinished(async () => {
    device.close()
    await port.close()
  })
  return { port, entry: { id: device.id, driver: DRIVER, target: port.target } }
}

/** Every emitted record is there, once. */
function expectExactly(readings: readonly RawReading[], emitted: readonly EmittedReading[]): void {
  const seen = readings.map((r) => `${r.device} ${hexOf(r)}`)
  expect(seen.toSorted()).toEqual(emitted.map((e) => `${e.device} ${e.hex}`).toSorted())
  for (const e of emitted) {
    const reading = readings.find((r) => r.device === e.device && hexOf(r) === e.hex)
    expect(reading).toMatchObject({ kind: e.kind, driver: DRIVER })
    expect([reading?.deviceTime, reading?.slot]).toEqual([e.deviceTime, e.slot])
  }
}

describe('20601 agents in a home', () => {
  it('are all collected with their habits, every record once', { timeout: 30_000 }, async () => {
    const scenario = readScenario('simulators/scenarios/kit-ieee11073.json')
    const agents = scenario.devices.filter(isIeee11073).map((entry) => ({
      device: createSerialDevice(entry, around()),
      series: scenario.series.filter((s) => s.device === entry.id),
    }))
    expect(agents).toHaveLength(7)
    // Stored before the hub comes: three acts of each person.
    for (const { device, series } of agents) {
      for (const { baseline, slot } of series) {
        for (const ago of [90, 60, 30]) {
          const at = time.now() - ago * MINUTE
          device.measure(baseline, { at, ...(slot === undefined ? {} : { slot }) })
        }
      }
    }
    const ports = await Promise.all(agents.map(({ device }) => plugged(device)))
    const home = startHome({ serial: ports.map(({ entry }) => entry) })
    const emitted = agents.flatMap(({ device }) => device.emitted)
    await home.until((readings) => readings.length >= emitted.length && agents.every(({ device }) => isEmpty(device)))
    expectExactly(home.readings(), emitted)
    // One report of a cuff could not be read the first time: its bytes are kept.
    expect(home.rejected().map(({ device, source }) => `${device} ${source}`)).toContain('cuff-3002 20601-report')

    const of = (id: string) => home.readings().filter((r) => r.device === id)
    const [slow] = of('meter-3001')
    expect(slow?.clock).toMatchObject({ quality: 'corrected' })
    expect(Math.abs(Number(slow?.clock.offsetMs) - 16 * MINUTE)).toBeLessThan(5_000)
    expect(of('thermometer-3001')[0]?.values).toEqual({
      bodyTemperature: { value: 36.8, unit: 'Cel', decimals: 1 },
    })
    expect(
      of('scale-3001')
        .map((r) => r.slot)
        .toSorted(),
    ).toEqual([1, 1, 1, 2, 2, 2])
    expect(of('scale-3001')[0]?.values['weight']).toMatchObject({ unit: 'kg' })
    const cuff = of('cuff-3001').map((r) => r.deviceTime)
    expect(cuff).toEqual(cuff.toSorted())
  })

  it('lose nothing on a bad line', { timeout: 30_000 }, async () => {
    const agent = anAgent({ specialization: 'blood-pressure', answerMs: 1_500 })
    for (const ago of [3, 2, 1]) {
      const at = time.now() - ago * MINUTE
      agent.measure({ systolic: 120 + ago, diastolic: 80, meanArterial: 93, pulseRate: 60 }, { at })
    }
    const { port, entry } = await plugged(agent, { splitBytes: 9 })
    const home = startHome({ serial: [entry] })
    await home.until((readings) => readings.length === 1)
    port.cut()
    await home.until((readings) => readings.length === 3 && isEmpty(agent))
    expectExactly(home.readings(), agent.emitted)
  })

  it('that measure while the line is open are collected at once', { timeout: 30_000 }, async () => {
    const agent = anAgent({ specialization: 'oximeter', configuration: 'extended', batteryPercent: 15 })
    const { entry } = await plugged(agent)
    const home = startHome({ serial: [entry] })
    await home.until(() => home.log.some((l) => l.event === 'started'))
    for (const oxygenSaturation of [93, 91]) {
      const { length } = home.readings()
      agent.measure({ oxygenSaturation, pulseRate: 77 })
      await home.until((readings) => readings.length > length)
    }
    expect(home.readings().map((r) => r.values['oxygenSaturation'])).toEqual([
      { value: 93, unit: '%', decimals: 0 },
      { value: 91, unit: '%', decimals: 0 },
    ])
    expectExactly(home.readings(), agent.emitted)
  })

  it('with a dead clock are taken at the time of reception', { timeout: 30_000 }, async () => {
    const agent = anAgent({ specialization: 'thermometer', clock: { state: 'dead' } })
    agent.measure({ bodyTemperature: 38.1 })
    const { entry } = await plugged(agent)
    const home = startHome({ serial: [entry] })
    await home.until((readings) => readings.length === 1 && isEmpty(agent))
    const [reading] = home.readings()
    expect(reading?.clock.quality).toBe('device-unset')
    expect(reading).not.toHaveProperty('deviceTime')
    expect(reading?.measuredAt).toBe(reading?.receivedAt)
  })
})

function isEmpty(device: SerialDevice): boolean {
  return 'stored' in device && device.stored === 0
}
