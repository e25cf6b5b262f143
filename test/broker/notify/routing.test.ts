import { expect, test } from 'vitest'
import { type Category, LEVELS } from '../../../broker/contract/alert.ts'
import { TECHNICIANS } from '../../../broker/notify/entitled.ts'
import { documentFor, MINUTE, type Stage, startStage } from './fixture.ts'

/** Who is called about which category: the clinic about its citizens, technicians about what carries their readings. */

const ROTAS = ['on-call', 'technical'].map((id) => ({
  id,
  shifts: [{ from: '00:00', to: '00:00', people: [id === 'technical' ? 'support' : 'nurse-1'] }],
}))

const policy = (id: string, organisation: string, rota: string, categories: readonly Category[]) => ({
  ...{ id, organisation, levels: LEVELS, categories, groupS: 0 },
  steps: [{ afterMin: 0, to: { rota }, channels: ['sms-gate'] }],
})

async function start(): Promise<Stage> {
  const stage = await startStage()
  stage.apply({
    ...documentFor(stage.provider.url),
    rotas: ROTAS,
    policies: [
      policy('clinic', 'clinic-1', 'on-call', ['clinical', 'missing', 'unwatched', 'digest']),
      policy('technicians', TECHNICIANS, 'technical', ['technical', 'unwatched']),
    ],
    lastResort: [{ person: 'leader', channels: ['sms-gate'] }],
  })
  return stage
}

const none = { kinds: [], evidence: [] }

test.each([
  ['clinical', 'yellow', ['nurse-1']],
  ['missing', 'blue', ['nurse-1']],
  ['digest', 'blue', ['nurse-1']],
  ['unwatched', 'blue', ['support']],
  ['unwatched', 'yellow', ['support', 'nurse-1']],
  // The watching process tells over channels of its own; no policy here asks for these.
  ['self-test', 'yellow', []],
] as const)('what is %s and %s goes to %j', async (category, level, people) => {
  const stage = await start()
  stage.tell({ category, level, ...none })
  await stage.settle()
  expect(stage.provider.received.map(({ body }) => body.person).sort()).toEqual([...people].sort())
})

test.each([
  'hub-0001',
  'broker',
])('what is technical goes to technicians only, though nobody has a grant for %s', async (citizen) => {
  const stage = await start()
  stage.tell({
    category: 'technical',
    level: 'yellow',
    citizen,
    rule: { id: 'hub-offline', version: 1, title: 'A hub is silent' },
    ...none,
  })
  await stage.settle()
  expect(stage.provider.said()).toEqual(['alert support alert-0001'])
  expect(stage.provider.received[0]?.body.text).toContain(`\n${citizen}, siden 18.11.2026, 13.00\n`)
  expect(stage.provider.received[0]?.body.text).not.toContain('Borger')
})

test('a home that stays silent is told to the clinic when it becomes yellow, and its end to everybody who was called', async () => {
  const stage = await start()
  stage.tell({ category: 'unwatched', level: 'blue', ...none })
  await stage.pass(MINUTE)
  expect(stage.provider.said()).toEqual(['alert support alert-0001'])
  stage.tell({ category: 'unwatched', level: 'yellow', revision: 2, ...none })
  await stage.settle()
  expect(stage.provider.said().slice(1).sort()).toEqual(['alert nurse-1 alert-0001', 'alert support alert-0001'])
  stage.tell({ category: 'unwatched', level: 'yellow', state: 'closed', revision: 3, ...none })
  await stage.pass(MINUTE)
  expect(stage.provider.said().slice(3).sort()).toEqual([
    'all-clear nurse-1 alert-0001',
    'all-clear support alert-0001',
  ])
})

test('what is technical and has no policy of technicians is counted, and never told to a clinic instead', async () => {
  const stage = await startStage()
  stage.tell({ category: 'technical', level: 'yellow', citizen: 'hub-0001', ...none })
  await stage.settle()
  expect(stage.provider.said()).toEqual([])
  expect(stage.notifier.figures().uncovered).toBe(1)
})
