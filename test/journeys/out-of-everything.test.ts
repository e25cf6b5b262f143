import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { optional } from '../support/optional.ts'
import { becomes, type FaultStage, startStage } from './stage.ts'

/** A broker that is asked for more than it has: descriptors, memory. */

const IDLE = 400
const MANY_IDLE = 4_000
const SPARE_DESCRIPTORS = 4

/** Connections that say nothing; the broker gives each 5 s to say who it is. */
async function idleSockets(home: FaultStage, count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    connect(home.proxy.target, '127.0.0.1').on('error', () => undefined),
  )
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await after(200)
  return sockets
}

const mayLimit = spawnSync('prlimit', ['--version']).status === 0

optional('prlimit', mayLimit)('a broker without a descriptor left', () => {
  it('fault 23: sheds new connections, serves the hubs it has, and takes new ones again afterwards', async () => {
    const home = await startStage()
    home.measure(50)
    await becomes(() => home.stored() === 50)
    const { pid } = home.broker
    const limit = readdirSync(`/proc/${pid}/fd`).length + SPARE_DESCRIPTORS
    expect(spawnSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:${limit}`]).status).toBe(0)
    const sockets = await idleSockets(home, IDLE)
    home.measure(100)
    await becomes(() => home.stored() === 150)
    expect(readdirSync(`/proc/${pid}/fd`).length, 'it had none to spare').toBeGreaterThanOrEqual(limit - 1)
    for (const socket of sockets) socket.destroy()
    // The hub's line breaks, and it is let in again.
    const online = home.heard('hub', 'uplink-online')
    home.proxy.cut()
    await becomes(() => home.heard('hub', 'uplink-online') > online)
    home.measure(50)
    expect([home.broker.pid, home.broker.exitCodes]).toEqual([pid, []])
    await home.allIsWell()
  }, 120_000)
})

it('fault 23: a broker with 128 MB of heap bears 4,000 connections that say nothing', async () => {
  const home = await startStage({ brokerEnv: { NODE_OPTIONS: '--max-old-space-size=128' } })
  const { pid } = home.broker
  await idleSockets(home, MANY_IDLE)
  home.measure(200)
  await becomes(() => home.stored() === 200)
  expect([home.broker.pid, home.broker.exitCodes]).toEqual([pid, []])
  await home.allIsWell()
}, 120_000)
