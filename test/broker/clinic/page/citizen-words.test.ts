import { describe, expect, it } from 'vitest'
import { type Plan, planSchema } from '../../../../broker/alerts/plan/plan.ts'
import { hubTroubles } from '../../../../broker/clinic/page/citizen/equipment-words.ts'
import { labelsOf, limitsText, normalText } from '../../../../broker/clinic/page/citizen/limit-words.ts'
import { columnsOf, type Panel, panelsOf } from '../../../../broker/clinic/page/citizen/panels.ts'
import { planPeriodText, planText } from '../../../../broker/clinic/page/citizen/plan-words.ts'
import { missingText, panelTitle, pointText, timeText } from '../../../../broker/clinic/page/citizen/point-words.ts'
import { typedQuantities, typedValue } from '../../../../broker/clinic/page/citizen/typed-values.ts'
import { NOW, OVERVIEW, seriesAnswer } from './citizen-data.ts'

/** What the citizen's page says, as a nurse in Denmark says it. */

const ANSWER = seriesAnswer('2026-10-04T22:00:00.000Z', '2026-11-03T23:00:00.000Z')
const PANELS = panelsOf(OVERVIEW, ANSWER)
const SOURCES = { measuring: ANSWER.devices, devices: OVERVIEW.devices }

function panel(id: string): Panel {
  const found = PANELS.find((one) => one.id === id)
  if (found === undefined) throw new RangeError(`no panel ${id}`)
  return found
}

/** @param back so many before the newest */
function said(id: string, back: number, language: 'da' | 'en' = 'da'): string {
  const columns = columnsOf(panel(id).lines)
  return pointText(panel(id), columns, columns.at.length - 1 - back, SOURCES, language).replaceAll('\u00a0', ' ')
}

const plan = (phases: unknown, others: object = {}) =>
  planSchema.parse({ citizen: 'citizen-0001', kind: 'weight', from: NOW, author: 'a', reason: 'r', phases, ...others })
/** Without the characters that keep a line from ending within 8–10. */
const inWords = (what: Plan, language: 'da' | 'en'): string => planText(what, language).replaceAll('\u2060', '')
const MORNING = [{ from: '08:00', to: '10:00' }]

describe('a plan in words', () => {
  it.each([
    [[{ schedule: { type: 'daily' }, windows: MORNING }], 'hver dag kl. 8–10', 'every day at 8–10'],
    [
      [{ schedule: { type: 'weekdays', on: ['fr', 'mo', 'we'] }, windows: MORNING }],
      'hver mandag, onsdag og fredag kl. 8–10',
      'on Monday, Wednesday and Friday at 8–10',
    ],
    [
      [
        {
          schedule: { type: 'weekdays', on: ['mo', 'tu', 'we', 'th', 'fr'] },
          windows: [{ from: '07:30', to: '09:00' }],
        },
      ],
      'mandag til fredag kl. 7.30–9',
      'Monday to Friday at 7:30–9',
    ],
    [
      [{ schedule: { type: 'every', days: 2 }, windows: MORNING }],
      'hver anden dag kl. 8–10',
      'every other day at 8–10',
    ],
    [[{ schedule: { type: 'every', days: 3 }, windows: MORNING }], 'hver 3. dag kl. 8–10', 'every 3 days at 8–10'],
    [[{ schedule: { type: 'as-needed' } }], 'efter behov', 'as needed'],
    [
      [{ days: 1, schedule: { type: 'daily' }, windows: [{ from: '00:00', to: '24:00' }] }],
      'hver dag hele dagen i én dag, og derefter ikke mere',
      'every day all day for one day, and no more after that',
    ],
    [
      [
        { days: 14, schedule: { type: 'daily' }, windows: [...MORNING, { from: '18:00', to: '20:00' }] },
        { schedule: { type: 'weekdays', on: ['mo', 'we', 'fr'] }, windows: MORNING },
      ],
      'hver dag kl. 8–10 og 18–20 i 14 dage, derefter hver mandag, onsdag og fredag kl. 8–10',
      'every day at 8–10 and 18–20 for 14 days, then on Monday, Wednesday and Friday at 8–10',
    ],
  ])('%j', (phases, danish, english) => {
    expect(inWords(plan(phases), 'da')).toBe(danish)
    expect(inWords(plan(phases), 'en')).toBe(english)
  })

  it('says what becomes of public holidays, and from when and until when it holds', () => {
    const phases = [{ schedule: { type: 'daily' }, windows: MORNING }]
    expect(inWords(plan(phases, { holidays: 'skipped' }), 'da')).toBe('hver dag kl. 8–10, ikke på helligdage')
    const later = plan(phases, { from: '2026-12-01T00:00:00Z', to: '2026-12-20T00:00:00Z' })
    expect(planPeriodText(later, NOW, 'da')).toBe('begynder 1. dec. 2026, slutter 20. dec. 2026')
    expect(planPeriodText(plan(phases), NOW, 'da')).toBe('')
  })
})

describe('a point of a plot in words', () => {
  it('says value with the decimals of the device, when, by what, and during which alert', () => {
    expect(said('weight-weight', 0)).toBe('79,0 kg, tirs. 3. nov. 2026 kl. 08.30, målt med UC-352BLE (scale-0001)')
    expect(said('weight-weight', 0, 'en')).toContain('79.0 kg, Tue 3 Nov 2026 at 08:30, measured by UC-352BLE')
    expect(said('blood-pressure-systolic', 0)).toMatch(/^\d+\/\d+ mmHg, /)
    expect(said('blood-pressure-systolic', 12)).toContain('under gul alarm')
  })

  it('says what speaks against it', () => {
    const remarks = Array.from({ length: 14 }, (_, back) => said('oxygen-saturation-oxygenSaturation', back))
    const all = remarks.join('\n')
    for (const remark of [
      'kom for sent',
      'tvivlsom',
      'indtastet af borgeren',
      'indtastet af personalet',
      'tidspunktet er usikkert',
      'under det, apparatet kan måle',
    ]) {
      expect(all).toContain(remark)
    }
    expect(remarks.find((text) => text.includes('indtastet af personalet'))).toContain('typed-by-staff')
  })

  it('names both pulses by what they were measured with', () => {
    expect(panelTitle(panel('oxygen-saturation-pulseRate'), 'da')).toBe('Puls (iltmætning)')
    expect(panelTitle(panel('blood-pressure-pulseRate'), 'da')).toBe('Puls (blodtryk)')
    expect(panelTitle(panel('blood-pressure-pulseRate'), 'en')).toBe('Pulse rate (blood pressure)')
    expect(panelTitle(panel('blood-pressure-systolic'), 'da')).toBe('Blodtryk')
  })

  it('says why a measurement is missing, and when nobody knows', () => {
    const [silent, flat] = panel('oxygen-saturation-oxygenSaturation').missing
    if (silent === undefined || flat === undefined) throw new RangeError('two are missing')
    expect(missingText(silent, 'da')).toMatch(
      /^uvist: skulle være målt senest søn. 25. okt. .*hubben i hjemmet er tavs$/,
    )
    expect(missingText(flat, 'da')).toContain('apparatets batteri er fladt')
  })

  it('tells winter from summer time', () => {
    expect(timeText('2026-10-25T00:30:00.000Z', 'da')).toBe('søn. 25. okt. 2026 kl. 02.30')
    expect(timeText('2026-10-25T01:30:00.000Z', 'da')).toBe('søn. 25. okt. 2026 kl. 02.30')
    expect(timeText('2026-10-25T02:30:00.000Z', 'da')).toBe('søn. 25. okt. 2026 kl. 03.30')
  })
})

describe('limits in words', () => {
  it('names colour and side, with the decimals that the device shows', () => {
    expect(limitsText(panel('oxygen-saturation-oxygenSaturation').lines[0], 'da')).toBe('gul under 88, rød under 85')
    expect(normalText(panel('weight-weight').lines[0], 'da')).toBe('77,8–79,0 kg (typisk 78,4)')
    expect(labelsOf(panel('blood-pressure-systolic'), 'en').map(({ text }) => text)).toEqual([
      'sys. red above 180',
      'sys. yellow above 160',
      'sys. yellow below 100',
      'dia. red above 110',
      'dia. yellow above 100',
    ])
  })
})

describe('equipment in words', () => {
  it('has nothing to say of a hub that is well, and the worst first of one that is not', () => {
    const [hub] = OVERVIEW.hubs
    if (hub === undefined) throw new RangeError('there is a hub')
    expect(hubTroubles(hub, 'da')).toEqual([])
    const troubled = { ...hub, problem: 'adapter-unavailable', unsent: 12, oldestUnsentS: 7200, clockSynced: false }
    expect(hubTroubles(troubled, 'da')).toEqual([
      'hubbens Bluetooth virker ikke',
      '12 målinger er ikke sendt, den ældste for 2 timer siden',
      'uret er ikke stillet',
    ])
  })
})

describe('a reading that staff types', () => {
  it('takes comma and point, and refuses what is no number or can not be', () => {
    expect(typedValue('weight', '78,4')).toEqual({ value: 78.4 })
    expect(typedValue('weight', ' 78.4 ')).toEqual({ value: 78.4 })
    expect(typedValue('weight', '')).toBeUndefined()
    expect(typedValue('weight', '78,4 kg')).toEqual({ problem: 'number' })
    expect(typedValue('oxygenSaturation', '930')).toEqual({ problem: 'range' })
  })

  it('asks for what a person can read off a device', () => {
    expect(typedQuantities('blood-pressure')).toEqual(['systolic', 'diastolic', 'pulseRate'])
    expect(typedQuantities('weight')).toEqual(['weight'])
  })
})
