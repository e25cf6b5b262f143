import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { entitledTo } from '../../../broker/notify/entitled.ts'
import { isDanishHoliday } from '../../../broker/notify/holidays.ts'
import { startBroker } from '../../support/broker-process.ts'
import { BROKER_MAIN } from '../../support/mains.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { alertMessage, documentFor, START } from './fixture.ts'

/** As an operator has it: the command line, and the broker beside it. */

function apply(dir: string, document: unknown, ...flags: string[]) {
  const file = join(dir, 'notify.json')
  writeFileSync(file, JSON.stringify(document))
  return spawnSync(process.execPath, [BROKER_MAIN, 'notify', 'apply', file, '--data', dir, ...flags], {
    encoding: 'utf8',
  })
}

test('a document is tried, refused with a reason, applied, and taken by a running broker', {
  timeout: 60_000,
}, async () => {
  const dir = tempDir()
  const broker = await startBroker(dir)
  onTestFinished(() => broker.stop(true))
  const version = async () => {
    const text = await (await fetch(`${broker.httpUrl}/metrics`)).text()
    return Number(/^precare_notify_document_version (\d+)$/m.exec(text)?.[1])
  }
  const document = documentFor('http://127.0.0.1:1/')

  const tried = apply(dir, { ...document, rotas: [{ id: 'on-call', shifts: [] }] }, '--dry-run')
  expect(tried.status).toBe(0)
  expect(JSON.parse(tried.stdout)).toMatchObject({ version: 1, gaps: [{ rota: 'on-call' }] })

  const refused = apply(dir, { ...document, people: [] })
  expect(refused.status).toBe(78)
  expect(JSON.parse(refused.stderr)).toMatchObject({
    code: 'config-invalid',
    reason: expect.stringContaining('people'),
  })
  expect(await version()).toBe(0)

  expect(apply(dir, document).status).toBe(0)
  for (let seen = 0; seen !== 1; ) seen = await version()

  // A receipt is asked for its signature by the broker's own HTTP server.
  const receipt = await fetch(`${broker.httpUrl}/v1/deliveries/${'0'.repeat(32)}/receipt`, {
    method: 'POST',
    body: '{}',
  })
  expect(receipt.status).toBe(401)
})

test('only an organisation with a grant for everything an alert rests on is called', () => {
  const at = new Date(START).toISOString()
  const grant = { citizen: 'citizen-0001', purpose: 'treatment', from: '2020-01-01T00:00:00.000Z' }
  const grants = [
    { ...grant, organisation: 'has-all' },
    { ...grant, organisation: 'has-both', kinds: ['weight', 'oxygen-saturation'] as const },
    { ...grant, organisation: 'has-one', kinds: ['weight'] as const },
    { ...grant, organisation: 'had-all', to: '2026-01-01T00:00:00.000Z' },
    { ...grant, organisation: 'elsewhere', citizen: 'citizen-0002' },
  ]
  const who = (kinds: ('weight' | 'oxygen-saturation')[]) => entitledTo(grants, alertMessage({ kinds }), at)
  expect(who(['weight', 'oxygen-saturation'])).toEqual(['has-all', 'has-both'])
  expect(who(['weight'])).toEqual(['has-all', 'has-both', 'has-one'])
  expect([...who([])].sort()).toEqual(['has-all', 'has-both', 'has-one'])
})

test('Danish public holidays are known to rotas and hours', () => {
  expect(['2026-04-05', '2026-12-25', '2027-01-01'].every(isDanishHoliday)).toBe(true)
  expect(['2026-12-24', '2026-05-01', '2026-11-18'].some(isDanishHoliday)).toBe(false)
})
