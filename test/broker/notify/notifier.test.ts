import { describe, expect, test } from 'vitest'
import { documentFor, MINUTE, startStage } from './fixture.ts'

describe('a red alert', () => {
  test('is told at once to whoever is on call, without a value and without a person', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.settle()
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001'])
    const [first] = stage.provider.received
    expect(first?.body.text).toBe(
      'Rød alarm alert-0001: Iltmætning under grænsen\nBorger citizen-0001, siden 18.11.2026, 13.00\nSe https://precare.example.org/alerts/alert-0001',
    )
    expect(first?.raw).not.toContain('81.37')
    expect(first?.raw).not.toContain('oxygenSaturation')
  })

  test('goes on to the next person until somebody acknowledges, and everybody who was called gets an all-clear', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.settle()
    await stage.pass(9 * MINUTE)
    expect(stage.provider.said()).toHaveLength(1)
    await stage.pass(MINUTE)
    stage.receipt(1, 'read')
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001', 'alert nurse-2 alert-0001'])
    stage.tell({ state: 'acknowledged', revision: 2 })
    await stage.pass(30 * MINUTE)
    expect(stage.provider.said().slice(2, 4).sort()).toEqual([
      'all-clear nurse-1 alert-0001',
      'all-clear nurse-2 alert-0001',
    ])
    expect(stage.provider.said().filter((line) => line.includes('leader'))).toEqual([])
    expect(stage.provider.received.at(2)?.body.text).toBe('Afblæst: alert-0001 kvitteret')
  })

  test('that nobody answers reaches the leader, and in the end the last resort: never nobody', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.pass(35 * MINUTE)
    expect(stage.provider.said()).toEqual([
      'alert nurse-1 alert-0001',
      'alert nurse-2 alert-0001',
      'alert leader alert-0001',
      'alert support alert-0001',
    ])
    expect(stage.notifier.figures()).toMatchObject({ callsUnanswered: 1, callsRunning: 0 })
    expect(stage.log.map(({ event }) => event)).toContain('call-unanswered')
  })

  test('repeats its last step as often as the policy says', async () => {
    const stage = await startStage()
    const document = documentFor(stage.provider.url)
    const [red] = document.policies
    stage.apply({ ...document, policies: [{ ...red, steps: [red?.steps[0]], repeat: { everyMin: 5, times: 2 } }] })
    stage.tell()
    await stage.pass(30 * MINUTE)
    expect(stage.provider.said()).toEqual([
      'alert nurse-1 alert-0001',
      'alert nurse-1 alert-0001',
      'alert nurse-1 alert-0001',
      'alert support alert-0001',
    ])
    expect(new Set(stage.provider.received.map(({ key }) => key)).size).toBe(4)
  })
})

describe('what is not told', () => {
  test('an alert under a pause; it is told when the pause is over and it is still open', async () => {
    const stage = await startStage()
    stage.tell({ pausedBy: 'pause-0001' })
    await stage.pass(30 * MINUTE)
    expect(stage.provider.said()).toEqual([])
    stage.tell({ revision: 2 })
    await stage.settle()
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001'])
  })

  test('an alert that has ended before it could be told, and so no all-clear either', async () => {
    const stage = await startStage()
    stage.tell()
    stage.tell({ state: 'closed', revision: 2 })
    await stage.pass(30 * MINUTE)
    expect(stage.provider.said()).toEqual([])
  })

  test('a change that changes nothing for the people who were called', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.settle()
    stage.tell({ revision: 2, readings: ['a'] })
    stage.tell({ revision: 3, readings: ['a', 'b'] })
    await stage.pass(2 * MINUTE)
    expect(stage.provider.said()).toHaveLength(1)
  })

  test('anything to an organisation without a grant, or whose grant has ended meanwhile', async () => {
    const stage = await startStage()
    stage.granted.clear()
    stage.tell()
    await stage.settle()
    expect(stage.provider.said()).toEqual([])
    stage.granted.add('clinic-1')
    stage.tell({ revision: 2 })
    await stage.settle()
    stage.granted.clear()
    await stage.pass(30 * MINUTE)
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001'])
  })
})

test('an alert that gets worse is told anew, by the policy of its new level', async () => {
  const stage = await startStage()
  stage.tell({ level: 'yellow' })
  await stage.pass(2 * MINUTE)
  stage.tell({ level: 'red', revision: 2 })
  await stage.settle()
  expect(stage.provider.received.map(({ body }) => body.items[0]?.level)).toEqual(['yellow', 'red'])
  expect(stage.provider.received[0]?.key).not.toBe(stage.provider.received[1]?.key)
})

test('an alert whose acknowledgement has expired is told anew', async () => {
  const stage = await startStage()
  stage.tell()
  await stage.settle()
  stage.tell({ state: 'acknowledged', revision: 2 })
  await stage.pass(MINUTE)
  stage.tell({ revision: 3 })
  await stage.settle()
  expect(stage.provider.said()).toEqual([
    'alert nurse-1 alert-0001',
    'all-clear nurse-1 alert-0001',
    'alert nurse-1 alert-0001',
  ])
})

test('a policy says which endings are worth an all-clear', async () => {
  const stage = await startStage()
  const document = documentFor(stage.provider.url)
  stage.apply({ ...document, policies: document.policies.map((policy) => ({ ...policy, allClear: ['closed'] })) })
  stage.tell()
  await stage.settle()
  stage.tell({ state: 'acknowledged', revision: 2 })
  await stage.pass(MINUTE)
  expect(stage.provider.said()).toHaveLength(1)
  stage.tell({ state: 'closed', revision: 3 })
  await stage.pass(MINUTE)
  expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001', 'all-clear nurse-1 alert-0001'])
})

describe('a hundred alerts at once', () => {
  const many = (stage: Awaited<ReturnType<typeof startStage>>, level: 'yellow' | 'red') => {
    for (let i = 0; i < 100; i += 1) stage.tell({ alert: `many-${1000 + i}`, level })
  }

  test('are one message that names the count', async () => {
    const stage = await startStage()
    many(stage, 'yellow')
    await stage.settle()
    expect(stage.provider.received).toHaveLength(0)
    await stage.pass(MINUTE)
    expect(stage.provider.received.map(({ body }) => body.count)).toEqual([100])
    expect(stage.provider.received[0]?.body.text).toMatch(/^100 alarmer\. Den alvorligste:\nGul alarm many-1000/)
  })

  test('do not hold up a red one, which takes them along and is named first', async () => {
    const stage = await startStage()
    many(stage, 'yellow')
    await stage.settle()
    stage.tell({ alert: 'zz-red-one' })
    await stage.settle()
    expect(stage.provider.received.map(({ body }) => [body.count, body.items[0]?.subject])).toEqual([
      [101, 'zz-red-one'],
    ])
  })

  test('of red ones are told at once, too, in one message, and end in one all-clear', async () => {
    const stage = await startStage()
    many(stage, 'red')
    await stage.settle()
    for (let i = 0; i < 100; i += 1) stage.tell({ alert: `many-${1000 + i}`, state: 'closed', revision: 2 })
    await stage.pass(MINUTE)
    expect(stage.provider.received.map(({ body }) => [body.purpose, body.count])).toEqual([
      ['alert', 100],
      ['all-clear', 100],
    ])
  })
})
