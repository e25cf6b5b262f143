import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openOutbox } from '../../gateway/outbox.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

it('tells support what went wrong, and no secret, address, host, value, raw byte or time of a measurement', async () => {
  const dir = tempDir()
  const secrets = {
    password: 'p4ss-of-the-broker',
    host: 'broker.clinic.example',
    user: 'user-of-this-hub',
    address: 'a4:c1:38:00:00:01',
    port: '/dev/serial/by-id/usb-FTDI_1234',
    ltk: '00112233445566778899aabbccddeeff',
    weight: '83.25',
    raw: 'deadbeef',
    quoted: 'value 147',
    minute: '11:59',
  }
  writeFileSync(
    join(dir, 'hub.json'),
    JSON.stringify({
      hub: 'hub-0001',
      dataDir: 'data',
      broker: { url: `mqtts://${secrets.host}:8883`, username: secrets.user, password: secrets.password },
      devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: secrets.address }],
      serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target: secrets.port }],
    }),
  )
  const clock = manualClock()
  const { outbox } = openOutbox(join(dir, 'data', 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  })
  const made = draft(1)
  const weight = { value: Number(secrets.weight), unit: 'kg', decimals: 2 } as const
  const reading = { ...made.reading, values: { weight }, raw: [{ source: 'test', hex: secrets.raw }] }
  const bytes = Buffer.from(secrets.raw, 'hex')
  const bad = { source: '2A35', bytes, bootId: 'boot-1', heardAt: 0 }
  await outbox.append({
    device: 'cuff-0001',
    drafts: [{ ...made, reading }],
    rejected: [
      { ...bad, reason: `packet-malformed: ${secrets.quoted}` },
      { ...bad, reason: secrets.quoted },
    ],
    remember: { lastRaw: secrets.raw },
  })
  const state = { driver: 'x', problem: 'connect-timeout', lastReading: '2026-11-20T11:59:00.000Z' }
  await outbox.notes.set('device/cuff-0001', JSON.stringify(state))
  outbox.close()
  writeFileSync(join(dir, 'data', 'bonds.json'), JSON.stringify({ bonds: { [secrets.address]: { ltk: secrets.ltk } } }))

  const args = [HUB_MAIN, 'diagnose', '--config', join(dir, 'hub.json')]
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    hub: 'hub-0001',
    config: { secureLine: true, devices: [{ id: 'cuff-0001' }, { id: 'oxi-0001', driver: 'nonin-spot-check' }] },
    outbox: {
      rows: { queued: 1 },
      counters: { decoded: 1, rejected: 2 },
      rejected: [
        { device: 'cuff-0001', source: '2A35', code: 'packet-malformed', count: 1 },
        { code: 'other', count: 1 },
      ],
      problems: { 'cuff-0001': 'connect-timeout' },
    },
  })
  const told = stdout.toLowerCase()
  for (const secret of Object.values(secrets)) expect(told).not.toContain(secret.toLowerCase())
})
