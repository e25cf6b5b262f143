import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { seeded } from '../support/random.ts'
import { startStage } from './stage.ts'

/** Serial lines that do what lines do: noise, frames cut anywhere, merged, repeated, and a device that is gone in the middle. */

const ACTS = 120
const NOISE_BYTES = 30
/** A moment in which the two halves of a frame are two chunks. */
const APART_MS = 5
/** Of the frames: so many per hundred meet each. */
const VANISHES = 5
const NOISY = 20
const REPEATED = 15

type Happening = 'vanishes' | 'noisy' | 'repeated' | 'cut'

/** A line to a device at `tcp://host:port`; returns where the hub finds it. */
async function badLine(target: string, random: () => number, count: (what: Happening) => void): Promise<string> {
  const { hostname, port } = new URL(target)
  /** The next place at which a frame is cut: each in turn. */
  let cutAt = 0

  async function spoil(chunk: Buffer, hub: Socket, device: Socket): Promise<void> {
    const dice = random() * 100
    cutAt += 1
    const at = cutAt % chunk.length
    if (dice < VANISHES) {
      count('vanishes')
      hub.write(chunk.subarray(0, at))
      await after(APART_MS)
      hub.destroy()
      device.destroy()
      return
    }
    if (dice < VANISHES + NOISY) {
      count('noisy')
      hub.write(Buffer.from(Array.from({ length: NOISE_BYTES }, () => Math.floor(random() * 256))))
    }
    if (dice > 100 - REPEATED) {
      count('repeated')
      hub.write(Buffer.concat([chunk, chunk]))
      return
    }
    count('cut')
    hub.write(chunk.subarray(0, at))
    await after(APART_MS)
    hub.write(chunk.subarray(at))
  }

  const server = createServer((hub) => {
    const device = connect(Number(port), hostname)
    const over = () => {
      hub.destroy()
      device.destroy()
    }
    hub.on('error', over).on('close', over)
    device.on('error', over).on('close', over)
    hub.on('data', (bytes) => void device.write(bytes))
    const carry = async () => {
      for await (const chunk of device) await spoil(chunk, hub, device)
    }
    carry().catch(over)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

it('fault 24: frames cut, merged, truncated and repeated, noise between them, and a device that vanishes in the middle', async () => {
  const random = seeded(24)
  const happened = { vanishes: 0, noisy: 0, repeated: 0, cut: 0 }
  const home = await startStage({
    where: {
      serialLine: (target) =>
        badLine(target, random, (what) => {
          happened[what] += 1
        }),
    },
  })
  home.measure(ACTS)
  await home.allIsWell()
  expect(Math.min(...Object.values(happened)), JSON.stringify(happened)).toBeGreaterThan(0)
  expect(home.rejected()).toBeGreaterThan(0)
  expect(home.hub.exitCodes).toEqual([])
}, 120_000)
