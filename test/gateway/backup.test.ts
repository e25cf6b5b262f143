import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unseal } from '../../gateway/backup.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { setAside } from '../../gateway/outbox-aside.ts'
import { closedAfter } from '../support/closed-after.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

const SECRET = 'the-password-of-the-broker'
const LTK = '00112233445566778899aabbccddeeff'
/** As a technician's visit has left it. */
const BOUND = JSON.stringify({
  devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: 'c0:30:00:00:00:01', options: {} }],
  serial: [],
})
const PASSPHRASE = 'correct horse battery staple'

function open(dir: string) {
  const clock = manualClock()
  const { outbox } = openOutbox(join(dir, 'data', 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  })
  closedAfter(outbox)
  return outbox
}

/** A hub with three readings, of which the broker has one. */
async function home() {
  const dir = tempDir()
  const broker = { url: 'mqtt://127.0.0.1:1', username: 'hub-0001', passwordFile: 'password' }
  writeFileSync(join(dir, 'hub.json'), JSON.stringify({ hub: 'hub-0001', dataDir: 'data', broker }))
  writeFileSync(join(dir, 'password'), SECRET)
  writeFileSync(join(dir, 'passphrase'), `${PASSPHRASE}\n`)
  const outbox = open(dir)
  const { epoch } = outbox
  await outbox.append({ device: 'scale-0001', drafts: [draft(1), draft(2), draft(3)], remember: { lastSequence: 3 } })
  await outbox.receipt({ epoch, first: 1, last: 1 })
  await outbox.notes.set('device/scale-0001', '{"driver":"test-scale","batteryPercent":70}')
  const session = await outbox.notes.nextSession()
  const bond = { ltk: LTK, ediv: '0001', rand: '0011223344556677' }
  const bonds = JSON.stringify({ version: 1, bonds: { 'a4:c1:38:00:00:01': bond } })
  writeFileSync(join(dir, 'data', 'bonds.json'), bonds)
  writeFileSync(join(dir, 'data', 'devices.json'), BOUND)
  writeFileSync(join(dir, 'data', 'visit.json'), '{"visit":"visit-0001"}')
  return { dir, outbox, epoch, bonds, session }
}

function hub(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HUB_MAIN, ...args], { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}
const save = (dir: string, passphrase = 'passphrase') =>
  hub('backup', '--config', join(dir, 'hub.json'), '--passphrase-file', join(dir, passphrase), '--out', join(dir, 'b'))
const restore = (from: string, to: string, passphrase = 'passphrase') =>
  hub('restore', '--config', join(to, 'hub.json'), '--passphrase-file', join(from, passphrase), '--in', join(from, 'b'))

/** Starting a process takes seconds on a machine that is busy. */
const WITHIN_MS = 60_000

describe('a backup of a hub', { timeout: WITHIN_MS }, () => {
  it('makes the hub anew elsewhere: configuration, secret, bonds, device memory and unsent readings, under a new epoch', async () => {
    const old = await home()
    expect(save(old.dir)).toMatchObject({ status: 0, said: expect.stringContaining('2 unsent') })
    expect(statSync(join(old.dir, 'b')).mode & 0o777).toBe(0o600)
    const sealed = readFileSync(join(old.dir, 'b')).toString('latin1')
    for (const clear of [SECRET, LTK, 'scale-0001', 'hub-0001']) expect(sealed).not.toContain(clear)
    const dir = tempDir()
    expect(restore(old.dir, dir)).toMatchObject({ status: 0 })
    for (const file of ['hub.json', 'password']) {
      expect(readFileSync(join(dir, file))).toEqual(readFileSync(join(old.dir, file)))
    }
    expect(readFileSync(join(dir, 'data', 'bonds.json'), 'utf8')).toBe(old.bonds)
    expect(readFileSync(join(dir, 'data', 'devices.json'), 'utf8')).toBe(BOUND)
    expect(readFileSync(join(dir, 'data', 'visit.json'), 'utf8')).toContain('visit-0001')
    expect(hub('check', '--config', join(dir, 'hub.json'))).toMatchObject({ status: 0 })
    const outbox = open(dir)
    expect(outbox.epoch).not.toBe(old.epoch)
    const run = outbox.run(1, 99, { rows: 25, bytes: 64_000 })
    expect(run?.bodies.map((body) => JSON.parse(body).sequence)).toEqual([2, 3])
    expect(outbox.memory('scale-0001')).toEqual({ lastSequence: 3 })
    expect(outbox.notes.get('device/scale-0001')).toContain('70')
    expect(await outbox.notes.nextSession()).toBeGreaterThan(old.session)
  })

  it('holds readings of an outbox that was set aside, too, each once', async () => {
    const { dir, outbox } = await home()
    outbox.close()
    setAside(join(dir, 'data', 'outbox.db'), 'damaged', 'ab12')
    const fresh = open(dir)
    await fresh.append({ device: 'scale-0001', drafts: [draft(3), draft(4)] })
    save(dir)
    const ids = unseal(readFileSync(join(dir, 'b')), PASSPHRASE).rows.map(({ id }) => id)
    expect(ids.toSorted()).toEqual([draft(2), draft(3), draft(4)].map(({ reading }) => reading.id).toSorted())
  })

  it('opens with its passphrase only, and not after a single changed byte', async () => {
    const { dir } = await home()
    save(dir)
    writeFileSync(join(dir, 'other'), 'correct horse battery stable')
    const to = tempDir()
    expect(restore(dir, to, 'other')).toMatchObject({ status: 1, said: expect.stringContaining('backup') })
    expect(existsSync(join(to, 'data'))).toBe(false)
    const bytes = readFileSync(join(dir, 'b'))
    expect(unseal(bytes, PASSPHRASE).rows).toHaveLength(2)
    for (const at of [3, 20, 40, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8((changed.readUInt8(at) + 1) & 0xff, at)
      expect(() => unseal(changed, PASSPHRASE)).toThrow(expect.objectContaining({ code: 'backup-unreadable' }))
    }
  })

  it('overwrites nothing, and wants a passphrase that is worth the name', async () => {
    const { dir, outbox, epoch } = await home()
    writeFileSync(join(dir, 'short'), 'hunter2')
    expect(save(dir, 'short')).toMatchObject({ status: 1, said: expect.stringContaining('at least 12') })
    save(dir)
    outbox.close()
    expect(restore(dir, dir)).toMatchObject({ status: 1, said: expect.stringContaining('is there already') })
    expect(open(dir).epoch).toBe(epoch)
  })
})
