import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawRecord } from '../../../device-drivers/driver.ts'
import { isPreCareError, PreCareError } from '../../../device-drivers/errors.ts'
import { ieee11073 } from '../../../device-drivers/ieee11073/ieee11073.ts'
import { resultOf } from '../../../device-drivers/ieee11073/record.ts'
import { createIeee11073Agent } from '../../../simulators/devices/ieee11073-agent.ts'
import type { AgentOptions } from '../../../simulators/devices/ieee11073-habits.ts'
import {
  encodeAbort,
  encodeAssociationRequest,
  encodeReleaseRequest,
  encodeScanReport,
  type NumericObject,
} from '../../../simulators/encoders/ieee11073.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { aTestsSurroundings } from '../../simulators/devices/place.ts'
import { VISIT } from '../scripted-link.ts'
import { startTalk, talkWith } from './agent-line.ts'

/** The driver with a simulated agent at the other end of the line, under a test's time. */

const MINUTE = 60_000

function set(options: Partial<AgentOptions> = {}) {
  const { time, around, forgotten } = aTestsSurroundings()
  const agent = createIeee11073Agent({ id: 'cuff-0001', specialization: 'blood-pressure', ...options }, around)
  const measure = (systolic: number, at = time.now()) =>
    agent.measure({ systolic, diastolic: 80, meanArterial: 95, pulseRate: 66 }, { at })
  return { time, agent, measure, forgotten }
}

const first = (record: RawRecord): string => Buffer.from(record[0].bytes).toString('hex').toUpperCase()
const measurement = (record: RawRecord) => ieee11073.decode(record).measurements[0]
const systolic = (record: RawRecord): number => {
  const value = measurement(record)?.values['systolic']
  return value !== undefined && 'value' in value ? value.value : Number.NaN
}

describe('a store-and-forward agent', () => {
  it.each([
    ['a standard configuration', {}],
    ['an extended configuration', { configuration: 'extended' }],
    ['variable reports', { form: 'variable' }],
    ['a scanner of fixed reports', { scanner: 'fixed' }],
    ['a scanner of grouped reports', { scanner: 'grouped' }],
    ['base offset times', { configuration: 'extended', stamp: 'base-offset' }],
    ['unconfirmed reports', { confirmed: false }],
    ['no answer to GET', { answersGet: 'never' }],
    ['an answer to GET only in between', { answersGet: 'late' }],
  ] as const satisfies readonly (readonly [
    string,
    Partial<AgentOptions>,
  ])[])('with %s is emptied', async (_, options) => {
    const { time, agent, measure } = set(options)
    const made = [120, 130, 140].map((mmHg, i) => measure(mmHg, time.now() - (3 - i) * MINUTE))
    const talk = talkWith(agent, { time })
    await talk.pass(8_000)
    expect(talk.records.map(systolic)).toEqual([120, 130, 140])
    expect(talk.records.map(first)).toEqual(made.map((m) => m.hex))
    expect(talk.records.map((r) => measurement(r)?.deviceTime)).toEqual(made.map((m) => m.deviceTime))
    expect(talk.records.map((r) => r[0].source)).toEqual(made.map((m) => m.source))
    expect(agent.stored).toBe(0)
    expect(agent.interruptions).toEqual([])
    expect(talk.failure).toBeUndefined()
  })

  it('is told "received" only when every record of the report is safe', async () => {
    const { time, agent, measure } = set({ batch: 5, order: 'shuffled' })
    for (let i = 0; i < 5; i++) measure(120 + i, time.now() - (10 - i) * MINUTE)
    const storedAt: number[] = []
    const talk = talkWith(agent, { time, onRecord: () => storedAt.push(agent.stored) })
    await talk.pass(3_000)
    expect(talk.records.map(systolic)).toEqual([120, 121, 122, 123, 124])
    expect(storedAt).toEqual([5, 5, 5, 5, 5])
    expect(agent.stored).toBe(0)
    const result = talk.log.findIndex((line) => line.startsWith('wrote e7') && line.includes('0d1d0000'))
    expect(talk.log.slice(0, result).filter((line) => line === 'record')).toHaveLength(5)
    expect(talk.log[result + 1]).toBe('commit')
  })

  it('keeps what was not committed, and its record is the same again', async () => {
    const { time, agent, measure } = set()
    measure(120)
    const dying = talkWith(agent, {
      time,
      onRecord: () => {
        throw new PreCareError('store-failed', 'the power went')
      },
    })
    await dying.pass(3_000)
    expect(dying.failure?.code).toBe('store-failed')
    expect(agent.stored).toBe(1)
    const next = talkWith(agent, { time })
    await next.pass(3_000)
    expect(next.records.map(first)).toEqual(dying.records.map(first))
    expect(agent.stored).toBe(0)
  })

  it('tells its clock and who it is before its first record', async () => {
    const { time, agent, measure } = set({ clock: { offsetMs: -16 * MINUTE }, batteryPercent: 40 })
    measure(120)
    const talk = talkWith(agent, { time })
    await talk.pass(3_000)
    expect(talk.events.map((e) => e.type)).toEqual(['identity', 'clock', 'battery', 'record'])
    expect(talk.events[1]).toEqual({ type: 'clock', deviceNow: '2026-01-15T11:44:00' })
    expect(talk.events[2]).toEqual({ type: 'battery', percent: 40 })
  })

  it('without a clock is given the time when it asks for it', async () => {
    const { time, agent, measure } = set({ clock: { state: 'never-set' }, asksForTime: true })
    measure(120)
    const talk = talkWith(agent, { time })
    await talk.pass(3_000)
    measure(121)
    await talk.pass(3_000)
    expect(talk.events.map((e) => e.type)).toContain('clock-set')
    expect(talk.records.map((r) => measurement(r)?.deviceTime?.slice(0, 10))).toEqual(['2015-01-01', '2026-03-01'])
  })

  it('that reports again what it aborted is heard once more, and confirmed then', async () => {
    const { time, agent, measure } = set({ abortsAfterReport: 2 })
    measure(120)
    const talk = talkWith(agent, { time })
    await talk.pass(10_000)
    expect(new Set(talk.records.map(first)).size).toBe(1)
    expect(agent.interruptions.filter((why) => why === 'it aborts by habit')).toHaveLength(2)
    expect(agent.stored).toBe(0)
  })

  it.each(['apdu', 'event'] as const)('whose %s length lies once loses nothing', async (about) => {
    const { time, agent, measure } = set({ lies: { about, reports: 1 } })
    for (const mmHg of [120, 130]) measure(mmHg)
    const talk = talkWith(agent, { time })
    await talk.pass(20_000)
    const read = talk.records.filter((r) => r[0].source === '20601-fixed').map(systolic)
    expect(read).toEqual([120, 130])
    expect(agent.stored).toBe(0)
  })

  it('whose report can never be read is kept and answered the second time, so that the next one comes', async () => {
    const { time, agent, measure } = set({ lies: { about: 'event', reports: 2 } })
    for (const mmHg of [120, 130]) measure(mmHg)
    const talk = talkWith(agent, { time })
    await talk.pass(20_000)
    expect(talk.records.map((r) => r[0].source)).toEqual(['20601-report', '20601-report', '20601-fixed'])
    for (const odd of talk.records.slice(0, 2)) {
      expect(() => ieee11073.decode(odd)).toThrow(expect.objectContaining({ name: 'PreCareError' }))
    }
    expect(agent.stored).toBe(0)
    const [memory] = talk.events.flatMap((e) => (e.type === 'record' && e.remember ? [e.remember] : []))

    // The same, over two visits.
    const other = set({ lies: { about: 'event', reports: 1 } })
    other.measure(120, Date.UTC(2026, 0, 15, 11, 0, 0))
    const visit = { ...VISIT, memory: memory ?? {} }
    const next = talkWith(other.agent, { time: other.time, visit })
    await next.pass(5_000)
    expect(next.records.map((r) => r[0].source)).toEqual(['20601-report'])
    expect(other.agent.stored).toBe(0)
  })

  it('of two persons names the slot', async () => {
    const { time, agent } = set({ specialization: 'scale', batch: 4 })
    for (const [slot, weight] of [
      [1, 80],
      [2, 62],
      [1, 81],
    ] as const) {
      agent.measure({ weight }, { slot })
    }
    const talk = talkWith(agent, { time })
    await talk.pass(3_000)
    expect(talk.records.map((r) => measurement(r)?.slot)).toEqual([1, 2, 1])
  })

  it('that comes back is served again on the same line, after a release or a restart', async () => {
    const { time, agent, measure } = set()
    const talk = talkWith(agent, { time })
    for (const mmHg of [120, 130, 140]) {
      measure(mmHg)
      await talk.pass(2_000)
    }
    expect(talk.records.map(systolic)).toEqual([120, 130, 140])
  })

  it('that vanishes in the middle of a report ends the session, with what came before', async () => {
    const { time, agent, measure } = set({ batch: 1 })
    measure(120)
    const talk = talkWith(agent, { time })
    await talk.pass(3_000)
    talk.hear(Uint8Array.of(0xe7, 0x00, 0x00, 0x3e, 0x00))
    await talk.hangUp()
    expect(talk.ended).toBe(true)
    expect(talk.records.map(systolic)).toEqual([120])
    expect(talk.events.at(-1)).toMatchObject({ type: 'rejected', reason: expect.stringContaining('packet-malformed') })
  })
})

describe('the beginning of an APDU that never ends', () => {
  it('is given up after three seconds, so that the next association is heard', async () => {
    const { time } = aTestsSurroundings()
    const talk = startTalk({ time, onWrite: () => undefined })
    // 16 kB are announced, by both lengths.
    talk.hear(Uint8Array.of(0xe7, 0x00, 0x40, 0x02, 0x40, 0x00, 0x12, 0x34))
    await talk.pass(3_100)
    expect(talk.events.map((e) => e.type)).toContain('rejected')
    talk.hear(encodeAssociationRequest('001C050100009533', 0x0190))
    await talk.pass(100)
    expect(talk.log[0]).toMatch(/^wrote e300002c0000/)
  })
})

const SATURATION: NumericObject = { handle: 1, type: 19384, unit: '%', format: 'basic', stamp: 'none' }
const PULSE: NumericObject = { handle: 10, type: 18458, unit: '/min', format: 'basic', stamp: 'none' }
const NO_TIME = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
const oximetry = (spo2: number, confirmed = false, invokeId = 1): Uint8Array =>
  encodeScanReport({ invokeId, confirmed }, 'fixed', 1, [
    {
      observed: [
        { object: SATURATION, values: [spo2], time: NO_TIME },
        { object: PULSE, values: [70], time: NO_TIME },
      ],
    },
  ])

describe('an oximeter that streams', () => {
  const stream = async (values: readonly number[], confirmed = false) => {
    const { time } = aTestsSurroundings()
    const talk = startTalk({ time, onWrite: () => undefined })
    talk.hear(encodeAssociationRequest('001C050100009533', 0x0191))
    await talk.pass(1_500)
    for (const spo2 of values) {
      talk.hear(oximetry(spo2, confirmed))
      await talk.pass(50)
    }
    return talk
  }
  const saturations = (records: readonly RawRecord[]) => records.map((r) => measurement(r)?.values['oxygenSaturation'])

  it('becomes one reading when it is stable', async () => {
    const talk = await stream([88, 97, ...Array<number>(30).fill(93)])
    expect(saturations(talk.records)).toEqual([expect.objectContaining({ value: 93 })])
    expect(talk.records.map((r) => measurement(r)?.status)).toEqual([[]])
  })

  it('and stops before that becomes one that is questionable', async () => {
    const talk = await stream([93, 94])
    talk.hear(encodeReleaseRequest())
    await talk.pass(100)
    expect(saturations(talk.records)).toEqual([expect.objectContaining({ value: 94 })])
    expect(talk.records.map((r) => measurement(r)?.status)).toEqual([['questionable']])
  })

  it('but wants each value confirmed, is taken at its word', async () => {
    const talk = await stream([93, 94], true)
    expect(saturations(talk.records)).toHaveLength(2)
    expect(talk.log.filter((line) => line.startsWith('wrote e7') && line.endsWith('0d1d0000'))).toHaveLength(2)
  })
})

describe('a report in which nothing is known', () => {
  it('is kept and answered, so that it does not block the next', async () => {
    const { time } = aTestsSurroundings()
    const talk = startTalk({ time, onWrite: () => undefined })
    talk.hear(encodeAssociationRequest('001C050100009533', 0x0190))
    await talk.pass(1_500)
    const foreign = { ...SATURATION, handle: 77 }
    talk.hear(
      encodeScanReport({ invokeId: 5, confirmed: true }, 'fixed', 1, [
        { observed: [{ object: foreign, values: [1], time: NO_TIME }] },
      ]),
    )
    await talk.pass(100)
    expect(talk.records).toEqual([])
    expect(talk.events.at(-1)).toMatchObject({ type: 'rejected', packet: { source: '20601-report' } })
    expect(talk.log.at(-1)).toBe('wrote e70000120010000502' + '01000a0000000000000d1d0000')
  })
})

function isReadable(record: RawRecord): boolean {
  try {
    return ieee11073.decode(record).fields.length > 0
  } catch (error) {
    if (isPreCareError(error)) return false
    throw error
  }
}

describe('whatever the line does to the bytes', () => {
  const BATCH = 2
  /** A good visit, cut and garbled; then a good one. */
  const spoil = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('cut' as const), at: fc.nat(4_000), length: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ type: fc.constant('flip' as const), at: fc.nat(4_000), length: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ type: fc.constant('insert' as const), at: fc.nat(4_000), length: fc.integer({ min: 1, max: 40 }) }),
    ),
    { maxLength: 6 },
  )

  it('nothing but a typed error comes of it, the next association works, and nothing is lost', async () => {
    let spoilt = 0
    await fc.assert(
      fc.asyncProperty(spoil, fc.integer(), fc.constantFrom('fixed', 'variable'), async (faults, seed, form) => {
        const { time, agent, measure } = set({
          configuration: seed % 2 === 0 ? 'standard' : 'extended',
          form,
          batch: 2,
        })
        const random = seededRandom(seed)
        const made = [120, 125, 130, 135].map((mmHg, i) => measure(mmHg, time.now() - (9 - i) * MINUTE))
        let sent = 0
        let bad = true
        const talk = talkWith(agent, { time }, (bytes) => {
          let out = [...bytes]
          if (!bad) return bytes
          for (const { type, at, length } of faults) {
            const here = (at % 600) - sent
            if (here < 0 || here >= out.length) continue
            spoilt += 1
            if (type === 'cut') out.splice(here, length)
            else if (type === 'flip') out = out.map((byte, i) => (i === here ? byte ^ length : byte))
            else out.splice(here, 0, ...Array.from({ length }, () => Math.floor(random() * 256)))
          }
          sent += bytes.length
          return Uint8Array.from(out)
        })
        await talk.pass(30_000)
        if (talk.failure !== undefined) throw talk.failure
        const heard = talk.records.map((r) => (isReadable(r) ? first(r) : 'refused'))
        // There is no checksum: bytes that were changed into other good ones are not noticed by anybody. What is not
        // there in the end must have come changed, in as many records; or its report, with all of its batch, was spoilt
        // twice or told of an object that nobody knows, and its bytes were kept.
        const changed =
          heard.filter((hex) => hex !== 'refused' && !made.some((m) => m.hex === hex)).length +
          BATCH * talk.events.filter((e) => e.type === 'rejected' && e.packet.source !== '20601-apdu').length +
          BATCH * talk.records.filter((r) => resultOf(r) !== undefined && !isReadable(r)).length
        expect(made.filter((m) => !heard.includes(m.hex)).length).toBeLessThanOrEqual(changed)
        expect(agent.stored).toBe(0)
        bad = false
        const next = measure(140)
        await talk.pass(10_000)
        expect(talk.records.map(first)).toContain(next.hex)
      }),
      { numRuns: 150 },
    )
    expect(spoilt).toBeGreaterThan(150)
  })

  it('random APDUs throw nothing but the typed error', async () => {
    const header = fc.constantFrom(0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7)
    const apdu = fc.tuple(header, fc.uint8Array({ maxLength: 80 })).map(([choice, body]) => {
      const length = body.length + 2
      const octets = choice === 0xe7 ? [(length - 2) >> 8, (length - 2) & 0xff] : [0, 0]
      return Uint8Array.of(choice, 0, length >> 8, length & 0xff, ...octets, ...body)
    })
    await fc.assert(
      fc.asyncProperty(fc.array(apdu, { maxLength: 6 }), async (apdus) => {
        const { time } = aTestsSurroundings()
        const talk = startTalk({ time, onWrite: () => undefined })
        for (const bytes of apdus) talk.hear(bytes)
        await talk.pass(100)
        talk.hear(encodeAbort())
        await talk.hangUp()
        // A write to the closed line is all that may fail.
        expect(talk.failure?.code ?? 'link-lost').toBe('link-lost')
        expect(talk.ended).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
