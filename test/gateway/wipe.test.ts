import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { checkReceipt } from '../../broker/installations/wiped.ts'
import { drivers } from '../../device-drivers/index.ts'
import { loadConfig } from '../../gateway/config.ts'
import { createHubClock } from '../../gateway/hub-clock.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { setAside } from '../../gateway/outbox-aside.ts'
import { destroy, toDestroy, type WipeStep } from '../../gateway/wipe.ts'
import { addWipeCommands } from '../../gateway/wipe-commands.ts'
import { refuseHalfWiped } from '../../gateway/wipe-plan.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'
import { type EnrolmentPlace, enrolmentPlace, HUB } from './identity/enrolment-place.ts'

const LTK = '00112233445566778899aabbccddeeff'
const PASSWORD = 'the-password-of-another-broker'

/** A commissioned hub as it stands on its card, stopped; its broker has all but `unsent` readings. */
async function aHub({ home: identity }: Pick<EnrolmentPlace, 'home'>, unsent: number, url = 'mqtts://127.0.0.1:1') {
  const dir = tempDir()
  const data = join(dir, 'data')
  mkdirSync(data)
  const broker = { url, username: HUB, passwordFile: 'password' }
  writeFileSync(
    join(dir, 'hub.json'),
    JSON.stringify({ hub: HUB, dataDir: 'data', broker, bluetooth: { enabled: false } }),
  )
  writeFileSync(join(dir, 'password'), PASSWORD)
  cpSync(identity, join(data, 'identity'), { recursive: true })
  writeFileSync(join(data, 'bonds.json'), JSON.stringify({ version: 1, bonds: { 'a4:c1:38:00:00:01': { ltk: LTK } } }))
  writeFileSync(join(data, 'devices.json'), '{"devices":[],"serial":[]}')
  writeFileSync(join(data, 'visit.json'), '{"visit":"visit-0001"}')
  const clock = manualClock()
  const { outbox } = openOutbox(join(data, 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => '0'.repeat(bytes * 2),
  })
  await outbox.append({ device: 'scale-0001', drafts: [draft(1), draft(2), draft(3)], remember: {} })
  if (unsent < 3) await outbox.receipt({ epoch: outbox.epoch, first: 1, last: 3 - unsent })
  outbox.close()
  return { dir, data, config: join(dir, 'hub.json'), receipt: join(dir, 'receipt.json') }
}
type Place = Awaited<ReturnType<typeof aHub>>

/** `hub wipe`, in this process. @param step throws to cut the power */
async function wipe({ config, receipt }: Place, step?: WipeStep, ...more: string[]): Promise<string> {
  const said: string[] = []
  const program = new Command().exitOverride()
  addWipeCommands(program, {
    clock: createHubClock(),
    randomHex: (bytes) => '1'.repeat(bytes * 2),
    configOf: (path) => loadConfig(path, { drivers }),
    print: (text) => void said.push(text),
    machine: undefined,
    ...(step && { step }),
  })
  await program.parseAsync(['wipe', '--config', config, '--receipt', receipt, ...more], { from: 'user' })
  return said.join('\n')
}

class PowerCut extends Error {}

/** Cuts the power before the `at`-th step; counts them. */
function cutAt(at: number) {
  const steps: string[] = []
  const step: WipeStep = (what) => {
    if (steps.push(what) === at) throw new PowerCut(what)
  }
  return { steps, step }
}

const secretsIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('receipt'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .flatMap((text) =>
      [LTK, PASSWORD, 'PRIVATE KEY', 'a4:c1:38', '"measuredAt"'].filter((secret) => text.includes(secret)),
    )

describe('a hub that is taken back', { timeout: 60_000 }, () => {
  it('is brought to the same end by a repeat, at whichever step the power was cut', async () => {
    const identity = await enrolmentPlace()
    await identity.enrol(identity.invite().code)
    const seen: string[] = []
    for (let at = 1; ; at += 1) {
      const place = await aHub(identity, 0)
      const { step, steps } = cutAt(at)
      const cut = await wipe(place, step).then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(PowerCut)
          return true
        },
      )
      if (!cut) break
      seen.push(steps.at(-1) ?? '')
      expect([steps.at(-1), await wipe(place)]).toEqual([steps.at(-1), expect.stringMatching(/is wiped/)])
      expect([at, readdirSync(place.data), readdirSync(place.dir).sort()]).toEqual([at, [], ['data', 'receipt.json']])
      // Signed by the key that is gone, whenever that went.
      const receipt = checkReceipt(JSON.parse(readFileSync(place.receipt, 'utf8')), HUB, identity.certificates)
      expect(receipt).toMatchObject({ lost: 0, lastSequence: 3 })
      expect(receipt.destroyed).toEqual(expect.arrayContaining(['identity', 'bonds.json', 'outbox.db']))
    }
    // Each of these was a step of its own.
    const files = ['hub.json', 'slot-a.json', 'bonds.json', 'outbox.db', 'devices.json', 'visit.json', 'password']
    expect(seen).toEqual(expect.arrayContaining(['receipt', 'plan', ...files.map((name) => `overwrite ${name}`)]))
    expect(seen).toEqual(expect.arrayContaining([...files.map((name) => `remove ${name}`), 'remove plan']))
  })

  it('gives up key and bonds before anything else', async () => {
    const identity = await enrolmentPlace()
    await identity.enrol(identity.invite().code)
    const place = await aHub(identity, 0)
    const { step, steps } = cutAt(Number.POSITIVE_INFINITY)
    await wipe(place, step)
    const first = (name: string) => steps.findIndex((what) => what.endsWith(name))
    expect(first('slot-a.json')).toBeLessThan(first('bonds.json'))
    expect(first('bonds.json')).toBeLessThan(first('outbox.db'))
    expect(secretsIn(place.dir)).toEqual([])
  })

  it('does not run again half wiped', async () => {
    const identity = await enrolmentPlace()
    await identity.enrol(identity.invite().code)
    const place = await aHub(identity, 0)
    await expect(
      wipe(place, (what) => {
        if (what === 'overwrite bonds.json') throw new PowerCut()
      }),
    ).rejects.toBeInstanceOf(PowerCut)
    expect(() => refuseHalfWiped(place.config)).toThrow(/a wipe was interrupted; run "hub wipe" again/)
    expect(await wipe(place, undefined, '--dry-run')).toContain('bonds.json')
    expect(existsSync(join(place.data, 'bonds.json'))).toBe(true)
    await wipe(place)
    expect(() => refuseHalfWiped(place.config)).not.toThrow()
    expect(await wipe(place)).toContain('this hub is wiped')
  })

  it('sends what is unsent before anything is destroyed', async () => {
    const broker = await receiptBroker(HUB)
    const place = await aHub({ home: tempDir() }, 2, broker.url)
    await wipe(place, () => expect(broker.ids()).toHaveLength(2))
    expect(broker.batches().flatMap(({ readings }) => readings.map(({ sequence }) => sequence))).toEqual([2, 3])
    expect(JSON.parse(JSON.parse(readFileSync(place.receipt, 'utf8')).text)).toMatchObject({ lost: 0 })
  })

  it('destroys no outbox that was set aside while readings wait in it, and sends them', async () => {
    const broker = await receiptBroker(HUB)
    const place = await aHub({ home: tempDir() }, 2, broker.url)
    setAside(join(place.data, 'outbox.db'), 'damaged', 'ab12')
    expect(JSON.parse(await wipe(place, undefined, '--dry-run')).unsent).toBeGreaterThan(0)
    const randomHex = (bytes: number) => '2'.repeat(bytes * 2)
    openOutbox(join(place.data, 'outbox.db'), { time: () => undefined, randomHex }).outbox.close()
    expect(JSON.parse(await wipe(place, undefined, '--dry-run')).unsent).toBe(2)
    await expect(wipe(place, undefined, '--drain-seconds', '0')).rejects.toMatchObject({ code: 'uplink-lost' })
    await wipe(place, () => expect(broker.ids()).toHaveLength(2))
    expect(readdirSync(place.data)).toEqual([])
  })

  it('follows no link out of its folder', () => {
    const [dir, elsewhere] = [tempDir(), join(tempDir(), 'kept')]
    writeFileSync(elsewhere, 'kept')
    symlinkSync(elsewhere, join(dir, 'link'))
    destroy(toDestroy(dir))
    expect([readdirSync(dir), readFileSync(elsewhere, 'utf8')]).toEqual([[], 'kept'])
  })
})
