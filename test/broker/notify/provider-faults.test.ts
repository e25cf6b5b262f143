import { describe, expect, test } from 'vitest'
import { until } from '../../support/temp-dir.ts'
import { documentFor, MINUTE, type Received, startStage } from './fixture.ts'

const keysTo = (received: readonly Received[], person: string) =>
  received.filter(({ body }) => body.person === person).map(({ key }) => key)

describe('a provider that', () => {
  test('answers 500 is asked again with the same key and the same bytes, later each time', async () => {
    const stage = await startStage()
    const times: number[] = []
    stage.provider.answer = () => {
      times.push(stage.now())
      return times.length < 4 ? 500 : 202
    }
    stage.tell()
    await stage.pass(MINUTE)
    const { received } = stage.provider
    expect(received).toHaveLength(4)
    expect(new Set(received.map(({ key }) => key)).size).toBe(1)
    expect(new Set(received.map(({ raw }) => raw)).size).toBe(1)
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 5_000, 10_000, 20_000])
  })

  test('never answers is given up after the deadline and asked again with the same key', async () => {
    const stage = await startStage({}, { deadlineMs: 200 })
    let first = true
    stage.provider.answer = () => {
      const answer = first ? 'hang' : 202
      first = false
      return answer
    }
    stage.tell()
    await stage.pass(MINUTE)
    expect(new Set(stage.provider.received.map(({ key }) => key)).size).toBe(1)
    expect(stage.notifier.figures().byState).toEqual({ sent: 1 })
    expect(stage.log).toContainEqual({
      event: 'message-not-sent',
      fields: { channel: 'sms-gate', count: 1, reason: 'TimeoutError' },
    })
  })

  test('cuts the line is asked again with the same key', async () => {
    const stage = await startStage()
    const answers = ['drop', 202] as const
    stage.provider.answer = () => answers[stage.provider.received.length - 1] ?? 202
    stage.tell()
    await stage.pass(10_000)
    expect(keysTo(stage.provider.received, 'nurse-1')).toHaveLength(2)
    expect(new Set(keysTo(stage.provider.received, 'nurse-1')).size).toBe(1)
  })

  test('takes a message and stays silent is asked once more with the same key, then the next person is called', async () => {
    const stage = await startStage()
    stage.provider.answer = () => 202
    stage.tell()
    await stage.pass(2 * MINUTE + 5_000)
    const nurse = () => keysTo(stage.provider.received, 'nurse-1')
    expect(nurse()).toHaveLength(2)
    expect(new Set(nurse()).size).toBe(1)
    expect(keysTo(stage.provider.received, 'nurse-2')).toEqual([])
    await stage.pass(2 * MINUTE)
    expect(nurse()).toHaveLength(2)
    // Long before the ten minutes of the step.
    expect(keysTo(stage.provider.received, 'nurse-2')).toHaveLength(1)
    expect(stage.notifier.figures().byState).toMatchObject({ failed: 1 })
  })

  test('refuses for good is not asked again: the next person is called at once', async () => {
    const stage = await startStage()
    stage.provider.answer = ({ body }) => (body.person === 'nurse-1' ? 422 : 202)
    stage.tell()
    await stage.settle()
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001', 'alert nurse-2 alert-0001'])
  })

  test('sends elsewhere is not followed', async () => {
    const stage = await startStage()
    const paths: string[] = []
    stage.provider.answer = (_received, path) => {
      paths.push(path)
      return 307
    }
    stage.tell()
    await stage.settle()
    expect(new Set(paths)).toEqual(new Set(['/messages']))
  })

  test('refuses everybody leaves nobody out: each step is tried, and the last resort', async () => {
    const stage = await startStage()
    stage.provider.answer = () => 400
    stage.tell()
    await stage.pass(MINUTE)
    expect(stage.provider.said().map((line) => line.split(' ')[1])).toEqual(['nurse-1', 'nurse-2', 'leader', 'support'])
    expect(stage.notifier.figures().byState['failed']).toBe(4)
  })

  test('is slow delays no other provider', async () => {
    const stage = await startStage()
    const { url } = stage.provider
    const document = documentFor(url)
    const channel = document.channels[0]
    stage.apply({
      ...document,
      channels: [channel, { ...channel, id: 'slow-gate', url: url.replace('messages', 'slow') }],
      people: [...document.people, { id: 'nurse-3', addresses: { 'slow-gate': 'x', 'sms-gate': 'y' } }],
      policies: [
        {
          ...document.policies[0],
          groupS: 0,
          steps: [{ afterMin: 0, to: { person: 'nurse-3' }, channels: ['slow-gate', 'sms-gate'] }],
        },
      ],
    })
    stage.provider.answer = (_received, path) => (path === '/slow' ? 'hang' : 202)
    for (let i = 0; i < 40; i += 1) {
      stage.tell({ alert: `one-by-one-${i}` })
      stage.notifier.round()
    }
    const sentTo = (address: string) => stage.provider.received.filter(({ body }) => body.address === address).length
    await until(() => sentTo('y') === 40)
    // Of the slow one no more are in the air than it may have.
    expect(sentTo('x')).toBe(12)
  })
})

describe('a receipt', () => {
  test('that somebody takes it over ends the call, and whoever was called besides is told', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.settle()
    await stage.pass(10 * MINUTE)
    stage.receipt(1, 'accepted')
    await stage.pass(30 * MINUTE)
    expect(stage.provider.said()).toEqual([
      'alert nurse-1 alert-0001',
      'alert nurse-2 alert-0001',
      'all-clear nurse-1 alert-0001',
    ])
    expect(stage.provider.received[2]?.body.text).toBe('Afblæst: alert-0001 overtaget af en anden')
    stage.tell({ revision: 2, readings: ['more of the same'] })
    await stage.pass(MINUTE)
    expect(stage.provider.said()).toHaveLength(3)
  })

  test('that somebody will not come calls the next person at once', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.settle()
    stage.receipt(0, 'rejected')
    await stage.settle()
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001', 'alert nurse-2 alert-0001'])
  })

  test('may come twice, in any order, and before the answer to the request', async () => {
    const stage = await startStage()
    stage.provider.answer = ({ key }) => {
      stage.notifier.receipt(key, 'read')
      return 202
    }
    stage.tell()
    await stage.settle()
    const key = stage.provider.received[0]?.key ?? ''
    expect(stage.notifier.receipt(key, 'delivered')).toBe('read')
    expect(stage.notifier.receipt(key, 'read')).toBe('read')
    await stage.pass(9 * MINUTE)
    expect(stage.provider.received).toHaveLength(1)
    expect(stage.notifier.receipt('0'.repeat(32), 'read')).toBeUndefined()
  })
})

describe('a restart', () => {
  test('loses nothing and sends nothing twice', async () => {
    const stage = await startStage()
    stage.tell()
    await stage.settle()
    await stage.restart()
    await stage.pass(9 * MINUTE)
    await stage.restart()
    await stage.pass(MINUTE)
    expect(stage.provider.said()).toEqual(['alert nurse-1 alert-0001', 'alert nurse-2 alert-0001'])
  })

  test('in the middle of an attempt makes it again with the same key', async () => {
    const stage = await startStage()
    stage.provider.answer = () => 'hang'
    stage.tell()
    stage.notifier.round()
    while (stage.provider.received.length === 0) await new Promise((resolve) => setImmediate(resolve))
    stage.provider.answer = () => 202
    await stage.restart()
    await stage.settle()
    expect(stage.provider.received).toHaveLength(2)
    expect(new Set(stage.provider.received.map(({ key }) => key)).size).toBe(1)
  })
})

test('figures and log lines say how many and how old, and nothing of what was said', async () => {
  const stage = await startStage()
  stage.provider.answer = () => 500
  stage.tell()
  await stage.pass(35_000)
  const { byState, oldestUnsentMs, callsRunning, version } = stage.notifier.figures()
  expect({ byState, callsRunning, version }).toEqual({ byState: { queued: 1 }, callsRunning: 1, version: 1 })
  expect(oldestUnsentMs).toBeGreaterThanOrEqual(30_000)
  const lines = JSON.stringify(stage.log)
  for (const secret of ['citizen-0001', 'Iltmætning', '+45', 'nurse-1', '81.37']) expect(lines).not.toContain(secret)
})
