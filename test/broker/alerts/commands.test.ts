import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BROKER_MAIN } from '../../support/mains.ts'
import { at, message, openCore, pressure, reading, temporaryDirectory } from '../core-fixture.ts'

/** `broker alerts ...` as an operator calls it: the real command line on a real journal. */

function broker(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BROKER_MAIN, 'alerts', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

async function withAlert() {
  const data = temporaryDirectory()
  const core = openCore(join(data, 'journal.db'))
  const readings = [120, 145, 150, 120].map((systolic, i) =>
    reading(`r${i}`, { values: pressure(systolic), measuredAt: at(-40 + i * 10), receivedAt: at(-40 + i * 10) }),
  )
  await core.send('hub-0001', message(1, readings))
  await core.send('hub-0001', message(5, [reading('now', { values: pressure(165) })]))
  core.ingest.close()
  core.journal.close()
  return data
}

it('lists, acknowledges what was seen, and refuses what has changed or is not there', { timeout: 60_000 }, async () => {
  const data = await withAlert()
  const list = JSON.parse(broker('list', '--data', data, '--json').stdout)
  expect(list).toMatchObject([{ level: 'red', state: 'open', revision: 1 }])
  const id = list[0].alert
  const acknowledge = ['acknowledge', id, '--data', data, '--by', 'nurse-0001', '--action', 'called']
  expect(broker(...acknowledge, '--revision', '7')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('"code":"alert-changed"'),
  })
  expect(broker(...acknowledge, '--revision', 'one')).toMatchObject({
    status: 78,
    stderr: expect.stringContaining('use the revision that the list shows'),
  })
  expect(broker(...acknowledge, '--revision', '1')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('acknowledged'),
  })
  expect(broker('list', '--data', join(data, 'none'))).toMatchObject({
    status: 78,
    stderr: expect.stringContaining('--data: no journal'),
  })
})

it('tries a draft of rules on stored readings: who would be told more, who less, and nothing changes', {
  timeout: 60_000,
}, async () => {
  const data = await withAlert()
  const rules = join(data, 'draft.json')
  const limits = {
    citizen: 'citizen-1',
    quantity: 'systolic',
    alertHigh: 160,
    from: at(0),
    author: 'doctor-0001',
    reason: 'habitual',
  }
  writeFileSync(rules, JSON.stringify({ limits: [limits] }))
  const dry = ['dry-run', '--data', data, '--rules', rules, '--from', at(-60 * 24 * 7), '--to', at(10)]
  const before = broker('list', '--data', data, '--json').stdout
  const run = broker(...dry, '--json')
  expect(run.stderr).toBe('')
  const [citizen] = JSON.parse(run.stdout).citizens
  expect(citizen).toMatchObject({
    citizen: 'citizen-1',
    now: 2,
    draft: 1,
    added: [],
    gone: [{ level: 'yellow', openedAt: at(-30) }],
  })
  expect(broker(...dry).stdout).toMatch(/citizen-1 +2 +2\.00 +1 +1\.00 +0 +1\n/)
  expect(broker('list', '--data', data, '--json').stdout).toBe(before)
  writeFileSync(rules, JSON.stringify({ limits: [{ ...limits, warningHigh: 170 }] }))
  expect(broker(...dry)).toMatchObject({ status: 78, stderr: expect.stringContaining('limits[0].alertHigh') })
})
