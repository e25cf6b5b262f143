import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Measurement, RawRecord } from '../../../device-drivers/driver.ts'
import { ieee11073 } from '../../../device-drivers/ieee11073/ieee11073.ts'
import { receive } from '../../../device-drivers/ieee11073/manager.ts'
import { UNASSOCIATED } from '../../../device-drivers/ieee11073/manager-state.ts'
import { agentObjects, type ObjectHabits, type Specialization } from '../../../simulators/devices/ieee11073-objects.ts'
import {
  encodeAssociationRequest,
  encodeConfiguration,
  encodeScanReport,
  type NumericObject,
  type PersonalObservations,
  type ReportForm,
  type Scanner,
} from '../../../simulators/encoders/ieee11073.ts'
import { agree } from '../../support/agree.ts'
import { calendar, numberOf, only, optional, tenths, text } from '../arbitraries.ts'

/** What an agent encodes is what the driver decodes: through its configuration, its report and the record made of it. */

const SYSTEM_ID = '00091FFFFE000001'
const SCANNER = 40

/** The records of a report, as the session would yield them. */
function recordsOf(objects: readonly NumericObject[], report: Uint8Array, scanner?: Scanner): RawRecord[] {
  const asked = receive(UNASSOCIATED, encodeAssociationRequest(SYSTEM_ID, 0x4000)).manager
  const known = receive(asked, encodeConfiguration(1, 0x4000, objects, scanner)).manager
  const { manager, reports } = receive(known, report)
  const waiting = manager.phase === 'operating' ? manager.waiting : []
  return [...reports, ...waiting].flatMap((r) => [...r.records, ...r.live])
}

interface Case {
  readonly specialization: Specialization
  readonly habits: ObjectHabits
  readonly values: Readonly<Record<string, number>>
}

const oximeter = fc.record({
  oxygenSaturation: fc.integer({ min: 50, max: 100 }),
  pulseRate: fc.integer({ min: 20, max: 250 }),
})
const cuff = fc.record({
  systolic: fc.integer({ min: 90, max: 250 }),
  diastolic: fc.integer({ min: 40, max: 80 }),
  meanArterial: fc.integer({ min: 60, max: 120 }),
  pulseRate: fc.integer({ min: 30, max: 200 }),
})
const of = (specialization: Specialization, values: fc.Arbitrary<Case['values']>): fc.Arbitrary<Case> =>
  values.map((v) => ({ specialization, habits: {}, values: v }))

const cases = fc.oneof(
  of('oximeter', oximeter),
  of('blood-pressure', cuff),
  of('scale', fc.record({ weight: tenths(25, 300) })),
  of('thermometer', fc.record({ bodyTemperature: tenths(31, 43) })),
  of('glucose', fc.record({ glucose: tenths(1, 33) })).map((c) => ({ ...c, habits: { unit: 'mmol/L' as const } })),
)
const forms = fc.constantFrom<ReportForm>('fixed', 'variable', 'grouped')
const persons = optional(fc.integer({ min: 0, max: 255 }))
const stamps = fc.constantFrom('absolute' as const, 'base-offset' as const)

const measured = ([record]: readonly RawRecord[]): Measurement => {
  if (record === undefined) throw new Error('no record')
  return only(ieee11073.decode(record))
}

/** One act in a report of this form; grouped ones go through a scanner. */
function measureOnce(
  { specialization, values, habits }: Case,
  time: PersonalObservations['observed'][number]['time'],
  more: { form?: ReportForm; person?: number; offsetMinutes?: number; status?: number; confirmed?: boolean } = {},
): Measurement {
  const agent = agentObjects(specialization, { withStatus: more.status !== undefined, ...habits })
  const { form = 'fixed', person, ...each } = more
  const observed = agent.observe(values, 'device').flatMap((v, i) => {
    const object = agent.objects[i]
    return object === undefined ? [] : [{ object, values: v, time, ...each }]
  })
  const scanner = form === 'grouped' ? { handle: SCANNER, objects: agent.objects } : undefined
  const event = { invokeId: 2, confirmed: more.confirmed ?? true, ...(scanner && { handle: SCANNER }) }
  const acts = [{ observed, ...(person !== undefined && { person }) }]
  return measured(recordsOf(agent.objects, encodeScanReport(event, form, 1, acts), scanner))
}

describe('what an agent measured is what is read', () => {
  it('for every specialization, form of report, person and kind of time stamp', () => {
    const offsets = fc.integer({ min: -720, max: 840 })
    fc.assert(
      fc.property(cases, forms, calendar, persons, stamps, offsets, (c, form, time, person, stamp, offsetMinutes) => {
        const within = { ...time, year: stamp === 'absolute' ? time.year : 2000 + (time.year % 36) }
        const options = { form, offsetMinutes, ...(person !== undefined && { person }) }
        const m = measureOnce({ ...c, habits: { ...c.habits, stamp } }, within, options)
        for (const [name, value] of Object.entries(c.values)) agree(numberOf(m, name), value)
        agree(m.deviceTime, text(within))
        agree(m.slot, person)
      }),
      { numRuns: 10_000 },
    )
  })

  it('also in the units that a device can be switched to, with the device’s own precision', () => {
    const time = { year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0 }
    const read = (specialization: Specialization, unit: ObjectHabits['unit'], values: Case['values']) =>
      measureOnce({ specialization, habits: unit === undefined ? {} : { unit }, values }, time).values
    const pressures = { systolic: 120, diastolic: 80, meanArterial: 93, pulseRate: 60 }
    expect(read('blood-pressure', 'kPa', pressures)).toMatchObject({
      systolic: { value: 120, unit: 'mm[Hg]', decimals: 0 },
      diastolic: { value: 80, unit: 'mm[Hg]', decimals: 0 },
    })
    expect(read('scale', 'lb', { weight: 75 })['weight']).toEqual({ value: 75, unit: 'kg', decimals: 1 })
    expect(read('thermometer', 'degF', { bodyTemperature: 37 })).toEqual({
      bodyTemperature: { value: 37, unit: 'Cel', decimals: 1 },
    })
    expect(read('glucose', 'mg/dL', { glucose: 6.2 })).toEqual({ glucose: { value: 6.2, unit: 'mmol/L', decimals: 1 } })
  })

  it('with the circumstances that the agent tells', () => {
    const time = { year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0 }
    const cuffed: Case = { specialization: 'oximeter', habits: {}, values: { oxygenSaturation: 91, pulseRate: 80 } }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (status) => {
        const m = measureOnce(cuffed, time, { status })
        const bit = (mask: number): boolean => (status & mask) !== 0
        agree(m.status.includes('invalid'), bit(0x8000))
        agree(m.status.includes('questionable'), bit(0x4000) || bit(0x1000))
        agree(m.status.includes('test'), bit(0x0800))
        agree(m.status.includes('demonstration'), bit(0x0400))
        agree(m.status.includes('early-estimate'), bit(0x0040) || bit(0x0020))
        agree(numberOf(m, 'oxygenSaturation'), bit(0x2000) ? 'not-measured' : 91)
      }),
    )
  })
})

describe('an agent', () => {
  const time = { year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0 }
  const measure = (specialization: Specialization, values: Case['values'], habits: ObjectHabits = {}): Measurement =>
    measureOnce({ specialization, habits, values }, time)

  it('that shows HI or LO is not a number, and not silent either', () => {
    expect(measure('glucose', { glucose: 40 })).toMatchObject({
      values: { glucose: { absent: 'above-range', unit: 'mmol/L' } },
      status: ['result-too-high'],
    })
    expect(measure('glucose', { glucose: 0.2 })).toMatchObject({
      values: { glucose: { absent: 'below-range', unit: 'mmol/L' } },
      status: ['result-too-low'],
    })
  })

  it('that was given control solution says so', () => {
    expect(measure('glucose', { glucose: 6 }, { controlSolution: true }).status).toEqual(['control-solution'])
  })

  it('that measures in the ear says where', () => {
    expect(measure('thermometer', { bodyTemperature: 37.2 }, { site: 'ear' }).site).toBe('ear')
  })

  it('without a mean pressure leaves it absent', () => {
    const { values } = measure('blood-pressure', { systolic: 120, diastolic: 80, pulseRate: 60 })
    expect(values['meanArterial']).toEqual({ absent: 'not-a-number', unit: 'mm[Hg]' })
  })

  it.each([
    ['31 February', { ...time, month: 2, day: 31 }, ['time-fault']],
    ['a month that is none', { ...time, month: 13 }, ['time-fault']],
    ['a clock that was never set', { ...time, year: 0, month: 0, day: 0 }, []],
  ])('with %s keeps its value', (_, broken, status) => {
    const m = measureOnce({ specialization: 'scale', habits: {}, values: { weight: 80 } }, broken)
    expect(m).toMatchObject({ values: { weight: { value: 80 } }, status, clockUnset: true })
    expect(m).not.toHaveProperty('deviceTime')
  })

  it('with a person that no slot can name is not given to anybody', () => {
    expect(() =>
      measureOnce({ specialization: 'scale', habits: {}, values: { weight: 80 } }, time, { person: 300 }),
    ).toThrow(expect.objectContaining({ code: 'packet-malformed' }))
  })

  it('that was switched to pounds after it told its configuration is read in pounds', () => {
    const agent = agentObjects('scale', {})
    const observed = agent.objects.map((object) => ({
      object: { ...object, unit: 'lb' as const },
      values: [165.3],
      time,
    }))
    const event = { invokeId: 2, confirmed: true }
    const m = measured(recordsOf(agent.objects, encodeScanReport(event, 'variable', 1, [{ observed }])))
    expect(m.values['weight']).toEqual({ value: 75, unit: 'kg', decimals: 1 })
  })

  it('that weighs in a unit nobody knows is not guessed at', () => {
    const agent = agentObjects('scale', {})
    const report = encodeScanReport({ invokeId: 2, confirmed: true }, 'fixed', 1, [
      { observed: agent.objects.map((object) => ({ object, values: [80], time })) },
    ])
    const [record] = recordsOf(
      agent.objects.map((o) => ({ ...o, unit: '/min' as const })),
      report,
    )
    expect(() => record && ieee11073.decode(record)).toThrow(expect.objectContaining({ code: 'packet-malformed' }))
  })
})

describe('a record', () => {
  const time = { year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0 }
  const agent = agentObjects('scale', {})
  const act = (weight: number, minute: number): PersonalObservations => ({
    observed: agent.objects.map((object) => ({ object, values: [weight], time: { ...time, minute } })),
  })
  const first = (invokeId: number, number: number, acts: readonly PersonalObservations[]): string[] =>
    recordsOf(agent.objects, encodeScanReport({ invokeId, confirmed: true }, 'fixed', number, acts)).map((r) =>
      Buffer.from(r[0].bytes).toString('hex'),
    )

  it('has the same bytes in whatever report it comes', () => {
    const [alone] = first(1, 1, [act(80, 1)])
    expect(first(99, 7, [act(81, 2), act(80, 1)])).toContain(alone)
  })

  it('is older than the next one, whatever the order in the report', () => {
    expect(first(1, 1, [act(82, 3), act(80, 1), act(81, 2)])).toEqual(first(1, 1, [act(80, 1), act(81, 2), act(82, 3)]))
  })
})
