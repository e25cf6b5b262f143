import type { Measurement } from './driver.ts'
import { isNumber, type Kind, type Site } from './reading.ts'

/**
 * The one table from quantity to codes, unit, names and plausible range. MDC: IEEE 11073-10101 (partition * 65536 +
 * term). Danish codes: NPU, DNK and MedCom MCS. Ranges only find measuring errors; they are no alert limits.
 */
export interface Quantity {
  readonly danish: string
  readonly english: string
  /** UCUM; every reading carries this unit, whatever the device sent. */
  readonly unit: string
  /** For display where the device does not say. */
  readonly decimals: number
  /** Both ends are still plausible. */
  readonly range: readonly [number, number]
  readonly mdc?: number
  /** Where the code depends on what was measured with. */
  readonly mdcByKind?: Partial<Readonly<Record<Kind, number>>>
  readonly mdcBySite?: Partial<Readonly<Record<Site, number>>>
  readonly loinc?: string
  /** NPU, DNK or MCS code. */
  readonly danishCode?: string
  /** Beside the measured value: that it is odd says nothing against the value, and must not quiet an alert. */
  readonly supporting?: true
}

const quantity = (
  danish: string,
  english: string,
  unit: string,
  decimals: number,
  range: readonly [number, number],
  codes: Pick<Quantity, 'mdc' | 'mdcByKind' | 'mdcBySite' | 'loinc' | 'danishCode' | 'supporting'> = {},
): Quantity => ({ danish, english, unit, decimals, range, ...codes })

/** MDC terms of a body temperature by site (IEEE 11073-10101, 150364 where the site is not known). */
const TEMPERATURE_BY_SITE = {
  ear: 188428,
  mouth: 188424,
  rectum: 188420,
  armpit: 188452,
  tympanum: 150392,
  finger: 188432,
} as const

export const QUANTITIES = {
  systolic: quantity('Systolisk blodtryk', 'Systolic blood pressure', 'mm[Hg]', 0, [50, 280], {
    mdc: 150021,
    loinc: '8480-6',
    danishCode: 'MCS88019',
  }),
  diastolic: quantity('Diastolisk blodtryk', 'Diastolic blood pressure', 'mm[Hg]', 0, [30, 180], {
    mdc: 150022,
    loinc: '8462-4',
    danishCode: 'MCS88020',
  }),
  meanArterial: quantity('Middelblodtryk', 'Mean arterial pressure', 'mm[Hg]', 0, [35, 210], {
    mdc: 150023,
    loinc: '8478-0',
  }),
  pulseRate: quantity('Puls', 'Pulse rate', '/min', 0, [20, 250], {
    mdc: 149530,
    mdcByKind: { 'blood-pressure': 149546 },
    loinc: '8867-4',
    danishCode: 'NPU21692',
  }),
  heartRate: quantity('Hjertefrekvens', 'Heart rate', '/min', 0, [20, 250], {
    mdc: 147842,
    loinc: '8867-4',
    danishCode: 'NPU21692',
  }),
  rrInterval: quantity('RR-interval', 'RR interval', 'ms', 0, [200, 3000], { supporting: true }),
  oxygenSaturation: quantity('Iltmætning', 'Oxygen saturation', '%', 0, [50, 100], {
    mdc: 150456,
    loinc: '59408-5',
    danishCode: 'NPU03011',
  }),
  perfusionIndex: quantity('Perfusionsindeks', 'Perfusion index', '%', 1, [0, 20], {
    mdc: 150448,
    loinc: '61006-3',
    supporting: true,
  }),
  respiratoryRate: quantity('Respirationsfrekvens', 'Respiratory rate', '/min', 0, [4, 60], {
    mdc: 151562,
    loinc: '9279-1',
    danishCode: 'MCS88122',
  }),
  bodyTemperature: quantity('Temperatur', 'Body temperature', 'Cel', 1, [30, 43], {
    mdc: 150364,
    mdcBySite: TEMPERATURE_BY_SITE,
    loinc: '8310-5',
    danishCode: 'NPU08676',
  }),
  weight: quantity('Vægt', 'Body weight', 'kg', 1, [25, 300], {
    mdc: 188736,
    loinc: '29463-7',
    danishCode: 'NPU03804',
  }),
  height: quantity('Højde', 'Body height', 'cm', 0, [100, 230], {
    mdc: 188740,
    loinc: '8302-2',
    danishCode: 'NPU03794',
    supporting: true,
  }),
  bmi: quantity('BMI', 'Body mass index', 'kg/m2', 1, [10, 80], {
    mdc: 188752,
    loinc: '39156-5',
    danishCode: 'NPU27281',
    supporting: true,
  }),
  bodyFat: quantity('Fedtprocent', 'Body fat', '%', 1, [3, 70], { mdc: 188748, loinc: '41982-0' }),
  basalMetabolism: quantity('Basalstofskifte', 'Basal metabolism', 'kJ', 0, [2000, 20000]),
  musclePercent: quantity('Muskelprocent', 'Muscle percentage', '%', 1, [10, 80]),
  muscleMass: quantity('Muskelmasse', 'Muscle mass', 'kg', 1, [5, 150]),
  fatFreeMass: quantity('Fedtfri masse', 'Fat free mass', 'kg', 1, [10, 200]),
  softLeanMass: quantity('Blød fedtfri masse', 'Soft lean mass', 'kg', 1, [10, 200]),
  bodyWater: quantity('Kropsvand', 'Body water mass', 'kg', 1, [10, 150]),
  bodyWaterPercent: quantity('Kropsvand i procent', 'Body water percentage', '%', 1, [20, 80]),
  impedance: quantity('Impedans', 'Body impedance', 'Ohm', 0, [100, 2000]),
  glucose: quantity('Blodsukker', 'Blood glucose', 'mmol/L', 1, [0.6, 33.3], {
    mdc: 160184,
    mdcByKind: { 'glucose-continuous': 160212 },
    loinc: '14743-9',
    danishCode: 'NPU22089',
  }),
  glucoseTrend: quantity('Ændring af vævssukker', 'Rate of change of glucose', 'mmol/L/min', 2, [-1, 1], {
    supporting: true,
  }),
  sensorQuality: quantity('Sensorkvalitet', 'Sensor quality', '%', 0, [0, 100], { supporting: true }),
  ketone: quantity('Blodketon', 'Blood ketone (beta-hydroxybutyrate)', 'mmol/L', 1, [0, 8], { loinc: '53060-9' }),
  fev1: quantity('FEV1', 'Forced expiratory volume in 1 s', 'L', 2, [0.2, 8], {
    mdc: 152586,
    loinc: '20150-9',
    danishCode: 'MCS88015',
  }),
  fvc: quantity('FVC', 'Forced vital capacity', 'L', 2, [0.3, 9], { loinc: '19868-9', danishCode: 'MCS88016' }),
  fev6: quantity('FEV6', 'Forced expiratory volume in 6 s', 'L', 2, [0.3, 9], { danishCode: 'MCS88100' }),
  fev1FvcRatio: quantity('FEV1/FVC', 'FEV1/FVC ratio', '{ratio}', 2, [0.2, 1], {
    loinc: '19926-5',
    danishCode: 'MCS88017',
  }),
  fev1Fev6Ratio: quantity('FEV1/FEV6', 'FEV1/FEV6 ratio', '{ratio}', 2, [0.2, 1], { danishCode: 'MCS88099' }),
  fev1Percent: quantity('FEV1 % af forventet', 'FEV1 percent of predicted', '%', 0, [5, 200], {
    danishCode: 'MCS88023',
  }),
  peakFlow: quantity('Peakflow', 'Peak expiratory flow', 'L/min', 0, [30, 900], {
    mdc: 152584,
    loinc: '19935-6',
    danishCode: 'MCS88102',
  }),
  oxygenFlow: quantity('Ilttilskud', 'Supplementary oxygen flow', 'L/min', 1, [0, 15], { loinc: '3151-8' }),
  crp: quantity('CRP', 'C-reactive protein', 'mg/L', 0, [0, 500], { loinc: '1988-5', danishCode: 'NPU19748' }),
  mrcScore: quantity('MRC-skala', 'MRC dyspnoea scale', '{score}', 0, [1, 5], { danishCode: 'MCS88021' }),
  catScore: quantity('CAT-score', 'COPD assessment test', '{score}', 0, [0, 40], { danishCode: 'MCS88137' }),
  nyhaClass: quantity('NYHA-klasse', 'NYHA class', '{score}', 0, [1, 4], { danishCode: 'MCS88032' }),
  goldGrade: quantity('GOLD-grad', 'GOLD grade', '{score}', 0, [1, 4], { danishCode: 'MCS88058' }),
  sitToStand: quantity('Rejse-sætte-sig', 'Sit to stand in 30 s', '1/(30.s)', 0, [0, 50], { danishCode: 'MCS88050' }),
  tobsScore: quantity('TOBS', 'Early detection score', '{score}', 0, [0, 15], { danishCode: 'MCS88125' }),
  consciousness: quantity('Bevidsthed', 'Consciousness', '{score}', 0, [0, 3], {
    loinc: '80288-4',
    danishCode: 'MCS88126',
  }),
  // Answers: compared with the citizen's usual, 0 = as usual, 1 = a little more, 2 = more, 3 = much more.
  breathlessness: quantity('Åndenød', 'Breathlessness', '{score}', 0, [0, 3]),
  cough: quantity('Hoste', 'Cough', '{score}', 0, [0, 3]),
  sputumAmount: quantity('Opspyt, mængde', 'Sputum, amount', '{score}', 0, [0, 3]),
  sputumColour: quantity('Opspyt, farve', 'Sputum, colour', '{score}', 0, [0, 3]),
  oedema: quantity('Hævede ben', 'Swollen legs', '{score}', 0, [0, 3]),
  steps: quantity('Skridt', 'Steps', '{steps}', 0, [0, 100000], { loinc: '41950-7', danishCode: 'MCS88192' }),
} as const satisfies Record<string, Quantity>

export type QuantityName = keyof typeof QUANTITIES

export function isQuantity(name: string): name is QuantityName {
  return Object.hasOwn(QUANTITIES, name)
}

interface KindNames {
  readonly danish: string
  readonly english: string
  /** The quantity a person looks at first. */
  readonly quantities: readonly [QuantityName, ...QuantityName[]]
  /** Codes of the whole, where it is a panel; otherwise those of its first quantity count. */
  readonly mdc?: number
  readonly loinc?: string
  readonly danishCode?: string
}

export const KIND_CODES: Readonly<Record<Kind, KindNames>> = {
  'blood-pressure': {
    danish: 'Blodtryk, hjemme',
    english: 'Home blood pressure',
    quantities: ['systolic', 'diastolic', 'meanArterial', 'pulseRate'],
    mdc: 150020,
    loinc: '85354-9',
    danishCode: 'MCS88206',
  },
  'oxygen-saturation': {
    danish: 'Iltmætning',
    english: 'Oxygen saturation',
    quantities: ['oxygenSaturation', 'pulseRate', 'perfusionIndex'],
  },
  weight: { danish: 'Vægt', english: 'Body weight', quantities: ['weight', 'bmi', 'height'] },
  'body-composition': {
    danish: 'Kropssammensætning',
    english: 'Body composition',
    quantities: [
      'bodyFat',
      'weight',
      'bmi',
      'height',
      'basalMetabolism',
      'musclePercent',
      'muscleMass',
      'fatFreeMass',
      'softLeanMass',
      'bodyWater',
      'bodyWaterPercent',
      'impedance',
    ],
  },
  temperature: { danish: 'Temperatur', english: 'Body temperature', quantities: ['bodyTemperature'] },
  'heart-rate': { danish: 'Hjertefrekvens', english: 'Heart rate', quantities: ['heartRate', 'rrInterval'] },
  glucose: { danish: 'Blodsukker', english: 'Blood glucose', quantities: ['glucose'] },
  'glucose-continuous': {
    danish: 'Vævssukker',
    english: 'Interstitial glucose',
    quantities: ['glucose', 'glucoseTrend', 'sensorQuality'],
  },
  ketone: { danish: 'Blodketon', english: 'Blood ketone', quantities: ['ketone'] },
  spirometry: {
    danish: 'Lungefunktion',
    english: 'Spirometry',
    quantities: ['fev1', 'fvc', 'fev6', 'fev1FvcRatio', 'fev1Fev6Ratio', 'fev1Percent', 'peakFlow'],
  },
  // What a citizen answers and what a helper counts: no device measures it, and NEWS2 needs some of it.
  symptoms: {
    danish: 'Symptomer',
    english: 'Symptoms',
    quantities: [
      'breathlessness',
      'cough',
      'sputumAmount',
      'sputumColour',
      'oedema',
      'respiratoryRate',
      'oxygenFlow',
      'consciousness',
      'mrcScore',
      'catScore',
    ],
  },
}

/** MDC code of a quantity in a reading of this kind, measured at this site. */
export function mdcOf(name: QuantityName, kind: Kind, site?: Site): number | undefined {
  const about: Quantity = QUANTITIES[name]
  return (site && about.mdcBySite?.[site]) ?? about.mdcByKind?.[kind] ?? about.mdc
}

/** Smallest believable difference of systolic and diastolic pressure, mmHg. */
const MIN_PULSE_PRESSURE = 10

/** More air in the first second than in all, or than in six seconds. */
function isImpossibleBlow({ fev1, fev6, fvc }: Measurement['values']): boolean {
  return isNumber(fev1) && [fev6, fvc].some((whole) => isNumber(whole) && fev1.value > whole.value)
}

/** A measured value outside its quantity's range, or values that exclude each other. Absent values are not judged. */
export function implausible({ values }: Pick<Measurement, 'values'>): boolean {
  for (const [name, value] of Object.entries(values)) {
    if (!isQuantity(name) || !isNumber(value)) continue
    const { range, supporting }: Quantity = QUANTITIES[name]
    const [low, high] = range
    if (supporting !== true && (value.value < low || value.value > high)) return true
  }
  const systolic = values['systolic']
  const diastolic = values['diastolic']
  if (isImpossibleBlow(values)) return true
  return isNumber(systolic) && isNumber(diastolic) && systolic.value - diastolic.value < MIN_PULSE_PRESSURE
}

/** The measurement with status 'implausible' where {@link implausible}; nothing is dropped. */
export function withImplausible(measurement: Measurement): Measurement {
  if (measurement.status.includes('implausible') || !implausible(measurement)) return measurement
  return { ...measurement, status: [...measurement.status, 'implausible'] }
}
