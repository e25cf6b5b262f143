import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { EmittedReading } from '../../../simulators/devices/device.ts'
import { readScenario, type Scenario } from '../../../simulators/scenario.ts'
import { ManualTime } from '../../../simulators/time.ts'
import { startWorld } from '../../../simulators/world.ts'
import { openNoble, reaches } from '../bluetooth/central.ts'

async function aWorld(change: Partial<Scenario> = {}, seed?: number) {
  const time = new ManualTime(Date.UTC(2026, 0, 15, 11))
  const emitted: EmittedReading[] = []
  const world = await startWorld(
    { ...readScenario('simulators/scenarios/demo.json'), ...change },
    {
      time,
      wallNow: () => time.now(),
      onEmitted: (reading) => emitted.push(reading),
      ...(seed === undefined ? {} : { seed }),
    },
  )
  onTestFinished(() => world.stop())
  return { world, time, emitted }
}

describe('a world made of a scenario', () => {
  it('measures what and when the scenario says, and stops', async () => {
    const { world, time, emitted } = await aWorld()
    time.advance(6_000)
    expect(new Set(emitted.map((r) => r.device)).size).toBe(world.devices.size)
    expect(emitted.filter((r) => r.device === 'cuff-0002').map((r) => r.slot)).toEqual([1, 2])
    await world.stop()
    const before = emitted.length
    time.advance(60_000)
    expect(emitted.length).toBe(before)
  })

  it('gives every record a key of its own, also when it runs for ten minutes', async () => {
    const { time, emitted } = await aWorld()
    time.advance(600_000)
    expect(emitted.length).toBeGreaterThan(700)
    expect(new Set(emitted.map((r) => r.key)).size).toBe(emitted.length)
  })

  it('repeats itself with the same seed and not with another', async () => {
    const run = async (seed: number) => {
      const { world, time, emitted } = await aWorld({}, seed)
      time.advance(30_000)
      await world.stop()
      return emitted.map((r) => r.key)
    }
    expect(await run(5)).toEqual(await run(5))
    expect(await run(5)).not.toEqual(await run(6))
  })

  it('has a radio per home, off while the scenario says so', async () => {
    const { world, time } = await aWorld({
      faults: [{ type: 'radio-off', hub: 'hub-0001', atS: 5, forS: 10, everyS: 30 }],
    })
    const powered = () => world.homes.map((home) => home.controller.powered)
    const seen = [5_000, 10_000, 20_000, 10_000].map((ms) => {
      time.advance(ms)
      return powered()
    })
    expect(seen).toEqual([
      [false, true],
      [true, true],
      [false, true],
      [true, true],
    ])
    expect(new Set(world.homes.map((home) => home.controller.address)).size).toBe(2)
  })

  it('cuts a line and loses a battery when the scenario says so', async () => {
    const { world, time, emitted } = await aWorld({
      faults: [
        { type: 'line-cut', device: 'oximeter-0001', atS: 5 },
        { type: 'battery-change', device: 'oximeter-0002', atS: 1 },
      ],
    })
    const { hostname, port } = new URL(world.homes[0]?.serial[0]?.target ?? '')
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    time.advance(2_000)
    await once(socket, 'data')
    const closed = once(socket, 'close')
    time.advance(5_000)
    await closed
    expect(emitted.find((r) => r.device === 'oximeter-0002')?.deviceTime).toBe('2015-01-01T00:00:01')
  })

  it('carries a real noble on the radio of a home', async () => {
    const { world } = await aWorld()
    const [home] = world.homes
    if (!home) throw new TypeError('no home')
    const { noble, close } = openNoble(home.controller)
    onTestFinished(close)
    await reaches(noble, 'poweredOn')
    expect(noble.address).toBe(home.controller.address)
  })

  it('leaves nothing behind when a port is taken', async () => {
    const { world } = await aWorld()
    const dir = mkdtempSync(join(tmpdir(), 'world-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    const taken = Number(new URL(world.homes[0]?.serial[0]?.target ?? '').port)
    const scenario = readScenario('simulators/scenarios/demo.json')
    const time = new ManualTime()
    const attempt = startWorld(
      { ...scenario, devices: scenario.devices.map((d) => (d.kind === 'nonin-df8' ? { ...d, port: taken } : d)) },
      { time, wallNow: () => time.now(), sockets: dir },
    )
    await expect(attempt).rejects.toMatchObject({ code: 'port-unavailable' })
    expect(readdirSync(dir)).toEqual([])
  })
})
