import { describe, expect, it } from 'vitest'
import { CLOSE_REASONS } from '../../../../broker/alerts/alert-message.ts'
import { CAUSES } from '../../../../broker/alerts/plan/verdict.ts'
import { alertNotes, alertSentence, type Told } from '../../../../broker/clinic/page/shell/alert-sentence.ts'
import { causeText } from '../../../../broker/clinic/page/shell/causes.ts'
import type { AlertMessage, Evidence } from '../../../../broker/contract/alert.ts'

/** What a nurse reads beside each citizen: every category, comparison and cause, in both languages. */

const NOW = Date.parse('2026-11-22T13:00:00.000Z')
const AT = '2026-11-22T11:03:00.000Z'
const about = (quantity: string, bound: string, more: Partial<Evidence> = {}): Evidence => ({
  quantity,
  bound,
  at: AT,
  ...more,
})
const told = (evidence: readonly Evidence[], more: Partial<Told> = {}): Told => ({
  category: 'clinical',
  level: 'red',
  rule: { id: 'limits-x', version: 1, title: 'A rule' },
  evidence: [...evidence],
  openedAt: AT,
  ...more,
})
const both = (alert: Told): readonly string[] => [alertSentence(alert, NOW, 'da'), alertSentence(alert, NOW, 'en')]

const saturation = { value: 84, unit: '%', limit: 85 }
const COMPARED: readonly (readonly [Evidence, string, string])[] = [
  [
    about('oxygenSaturation', 'alertLow', saturation),
    'Iltmætning 84 % er under den røde grænse 85 %',
    'Oxygen saturation 84 % is below the red limit 85 %',
  ],
  [
    about('oxygenSaturation', 'warningLow', saturation),
    'Iltmætning 84 % er under den gule grænse 85 %',
    'Oxygen saturation 84 % is below the yellow limit 85 %',
  ],
  [
    about('systolic', 'warningHigh', { value: 165, unit: 'mm[Hg]', limit: 160 }),
    'Systolisk blodtryk 165 mmHg er over den gule grænse 160 mmHg',
    'Systolic blood pressure 165 mmHg is above the yellow limit 160 mmHg',
  ],
  [
    about('systolic', 'alertHigh', { value: 185, unit: 'mm[Hg]', limit: 180 }),
    'Systolisk blodtryk 185 mmHg er over den røde grænse 180 mmHg',
    'Systolic blood pressure 185 mmHg is above the red limit 180 mmHg',
  ],
  [
    about('glucose', 'alertHigh', { outOfRange: 'above', limit: 20 }),
    'Blodsukker over det, apparatet kan måle, er over den røde grænse 20,0 mmol/L',
    'Blood glucose above what the device can measure, is above the red limit 20.0 mmol/L',
  ],
  [
    about('glucose', 'alertLow', { outOfRange: 'below', limit: 3 }),
    'Blodsukker under det, apparatet kan måle, er under den røde grænse 3,0 mmol/L',
    'Blood glucose below what the device can measure, is below the red limit 3.0 mmol/L',
  ],
  [
    about('fev1', 'belowNormal', { value: 1.2, unit: 'L', limit: 1.55 }),
    'FEV1 1,20 L er under borgerens sædvanlige 1,55 L',
    "Forced expiratory volume in 1 s 1.20 L is below the citizen's usual 1.55 L",
  ],
  [
    about('pulseRate', 'aboveNormal', { value: 104, unit: '/min', limit: 76 }),
    'Puls 104 /min er over borgerens sædvanlige 76 /min',
    "Pulse rate 104 /min is above the citizen's usual 76 /min",
  ],
  [
    about('fvc', 'belowEnrolment', { value: 2.1, unit: 'L', limit: 2.4 }),
    'FVC 2,10 L er under niveauet ved opstart 2,40 L',
    'Forced vital capacity 2.10 L is below the level at enrolment 2.40 L',
  ],
  [
    about('pulseRate', 'aboveEnrolment', { value: 104, unit: '/min', limit: 76 }),
    'Puls 104 /min er over niveauet ved opstart 76 /min',
    'Pulse rate 104 /min is above the level at enrolment 76 /min',
  ],
  [
    about('weight', 'gain', { value: 84.3, unit: 'kg', limit: 82 }),
    'Vægt 84,3 kg: steget 2,3 kg fra 82,0 kg',
    'Body weight 84.3 kg: up 2.3 kg from 82.0 kg',
  ],
  [
    about('weight', 'loss', { value: 80, unit: 'kg', limit: 82.5 }),
    'Vægt 80,0 kg: faldet 2,5 kg fra 82,5 kg',
    'Body weight 80.0 kg: down 2.5 kg from 82.5 kg',
  ],
  [
    about('weight', 'aboveAverage', { value: 84.3, unit: 'kg', limit: 82.14 }),
    'Vægt 84,3 kg er over gennemsnittet 82,14 kg',
    'Body weight 84.3 kg is above the average 82.14 kg',
  ],
  [
    about('news2', 'score', { value: 7, unit: '{score}', limit: 7 }),
    'NEWS2 7; grænsen er 7',
    'NEWS2 7; the limit is 7',
  ],
  [
    about('news2', 'singleParameter', { value: 4, unit: '{score}', limit: 5 }),
    'NEWS2 er 4, og en enkelt måling giver 3 point',
    'NEWS2 is 4, and a single measurement gives 3 points',
  ],
  [
    about('breathlessness', 'answerHigh', { value: 2, unit: '{score}', limit: 1 }),
    'Åndenød: mere end sædvanligt',
    'Breathlessness: more than usual',
  ],
  [
    about('systolic', 'answerLow', { value: 92, unit: 'mm[Hg]', limit: 100 }),
    'Systolisk blodtryk 92 mmHg; grænsen er 100 mmHg',
    'Systolic blood pressure 92 mmHg; the limit is 100 mmHg',
  ],
]

/** A value and its unit are never parted at the end of a line; that is not what is looked at here. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('why somebody is on the work list', () => {
  it.each(COMPARED)('says of $bound what was measured and with what it was compared', (evidence, da, en) => {
    expect(both(told([evidence])).map(plain)).toEqual([da, en])
  })

  it('says several comparisons, each once, and no more than three', () => {
    const [one, , two, three] = COMPARED.map(([evidence]) => evidence)
    if (one === undefined || two === undefined || three === undefined) throw new RangeError('no evidence')
    const said = alertSentence(told([one, one, two, three, about('weight', 'gain')]), NOW, 'en')
    expect(said.split('; ')).toHaveLength(3)
    expect(said.match(/Oxygen saturation/g)).toHaveLength(1)
  })

  it('falls back on the title of a rule that gives no evidence, and on the bare value for a comparison it does not know', () => {
    expect(both(told([]))).toEqual(['A rule', 'A rule'])
    const unknown = both(told([about('weight', 'newBound', { value: 80, unit: 'kg' })]))
    expect(unknown.map(plain)).toEqual(['Vægt 80,0 kg', 'Body weight 80.0 kg'])
  })

  it('says what is missing and since when', () => {
    const missing = (...times: string[]) =>
      told(
        times.map((at) => about('blood-pressure', 'slot', { at })),
        { category: 'missing', level: 'blue', cause: 'not-measured' },
      )
    expect(both(missing(AT))).toEqual([
      'Blodtryk, hjemme mangler: ikke målt som aftalt, ventet 12.03',
      'Home blood pressure is missing: not measured as planned, expected 12:03',
    ])
    expect(both(missing('2026-11-21T11:03:00.000Z', AT))).toEqual([
      'Blodtryk, hjemme mangler: ikke målt 2 gange i træk, senest ventet 12.03',
      'Home blood pressure is missing: not measured 2 times in a row, last expected 12:03',
    ])
  })

  it.each(CAUSES)('says that nobody knows how it is going, because of %s', (cause) => {
    const [da = '', en = ''] = both(told([], { category: 'unwatched', level: 'yellow', cause }))
    expect(da).toBe(`Vi ved ikke, hvordan det går, siden 12.03: ${causeText(cause, 'da')}`)
    expect(en).toBe(`Nobody knows how it is going, since 12:03: ${causeText(cause, 'en')}`)
    expect(da).not.toContain(cause)
    expect(en).not.toContain(cause)
  })

  it('says of one silent device which kind it is', () => {
    const silent = told([about('weight', 'device-battery')], { category: 'unwatched', cause: 'device-battery' })
    expect(both(silent)).toEqual([
      'Vi ved ikke, hvordan det går (Vægt), siden 12.03: apparatets batteri er fladt',
      "Nobody knows how it is going (Body weight), since 12:03: the device's battery is flat",
    ])
  })

  it('says what came too late to alert', () => {
    const late = told([about('oxygenSaturation', 'alertLow', { ...saturation, at: '2026-11-20T07:00:00.000Z' })], {
      category: 'digest',
      findings: 2,
    })
    expect(both(late).map(plain)).toEqual([
      '2 fund i målinger, der kom for sent: Iltmætning 84 % er under den røde grænse 85 % (20. nov. 08.00)',
      '2 findings in readings that came late: Oxygen saturation 84 % is below the red limit 85 % (20 Nov 08:00)',
    ])
    const bare = told([about('x', 'finding')], { category: 'digest', findings: 1 })
    expect(both(bare)).toEqual(['1 fund i målinger, der kom for sent', '1 finding in readings that came late'])
  })

  it.each(['hub-offline', 'line-silent', 'engine-silent'])('says of equipment: %s', (cause) => {
    const technical = told([about('hubs', cause, { value: 3 })], { category: 'technical', cause })
    const [da = '', en = ''] = both(technical)
    expect(da).toMatch(/^[A-ZÆØÅ].* \(3 huber\), siden 12\.03$/)
    expect(en).toMatch(/^[A-Z].* \(3 hubs\), since 12:03$/)
    expect(da).not.toContain(cause)
  })

  it('knows the test of itself', () => {
    expect(both(told([], { category: 'self-test' }))).toEqual([
      'Systemets prøve af sig selv',
      "The system's test of itself",
    ])
  })

  it.each([
    ...CLOSE_REASONS,
    'corrected-data',
    'merged',
    'arrived-late',
    'paused',
    'rule-ended',
  ])('has words for the ending %s', (cause) => {
    expect(causeText(cause, 'da')).not.toBe(cause)
    expect(causeText(cause, 'en')).not.toBe(cause)
  })

  it('notes beside it that it is over, that a new measurement is wanted, that it swings, and who took it', () => {
    const alert: AlertMessage = {
      ...told([]),
      evidence: [],
      alert: 'alert-0001',
      citizen: 'citizen-0001',
      kinds: [],
      state: 'open',
      raisedAt: AT,
      updatedAt: AT,
      readings: [],
      unstable: true,
      revision: 1,
      normalSince: AT,
      repeatBy: '2026-11-22T13:15:00.000Z',
      acknowledged: { by: 'nurse-0001', at: AT, action: 'Ringet', level: 'red' },
    }
    expect(alertNotes(alert, NOW, 'da')).toEqual([
      'Inden for grænserne igen siden 12.03',
      'Målingen er tvivlsom: bed om en ny senest 14.15',
      'Svinger frem og tilbage over grænsen',
      'Kvitteret 12.03 af nurse-0001: Ringet',
    ])
    expect(alertNotes(alert, NOW, 'en')).toEqual([
      'Within limits again since 12:03',
      'The reading is doubtful: ask for a new one by 14:15',
      'Goes to and fro across the limit',
      'Acknowledged 12:03 by nurse-0001: Ringet',
    ])
  })
})
