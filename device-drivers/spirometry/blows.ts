/**
 * A spirometry session of several blows: what counts, and how well it was repeated (ATS/ERS 2019, Graham et al., AJRCCM
 * 200:e70, tables 7 and 10). FEV1 and FVC are judged apart, and may come from different blows. All blows are kept.
 */

export interface Blow {
  /** L */
  readonly fev1?: number
  /** L */
  readonly fvc?: number
  /** L */
  readonly fev6?: number
  /** L/min */
  readonly peakFlow?: number
  /** acceptable: counts. usable: counts only where no blow is acceptable. neither: shown, never counted. */
  readonly quality: 'acceptable' | 'usable' | 'neither'
}

export type BlowQuantity = 'fev1' | 'fvc'

/** Grades for adults; U: only usable blows, F: none. */
export type SpirometryGrade = 'A' | 'B' | 'C' | 'D' | 'E' | 'U' | 'F'

export interface BestOf {
  /** L; undefined for grade F. */
  readonly best?: number
  /** Position of the blow it came from. */
  readonly blow?: number
  readonly grade: SpirometryGrade
  /** Largest minus second largest, L; undefined with fewer than two acceptable blows. */
  readonly repeatability?: number
  readonly acceptable: number
}

export interface SpirometrySession {
  /** As they came, the poor ones too. */
  readonly blows: readonly Blow[]
  readonly fev1: BestOf
  readonly fvc: BestOf
  /** Largest of the blows that count, L. */
  readonly fev6?: number
  /** Largest of the blows that count, L/min. */
  readonly peakFlow?: number
  /** Best FEV1 over best FVC, of whatever blows; undefined where one is missing or FEV1 would be the larger. */
  readonly ratio?: number
}

/** Largest allowed difference of the two largest, mL: whole numbers, since 2.90 - 2.75 is more than 0.15 in binary. */
const WITHIN_ML = { A: 150, C: 200, D: 250 } as const
const BLOWS_FOR_A = 3

/** No blow can bring more air in one second than in all: such a pair is a measuring error. */
export function isPossible({ fev1, fev6, fvc }: Pick<Blow, 'fev1' | 'fev6' | 'fvc'>): boolean {
  if (fev1 !== undefined && fvc !== undefined && fev1 > fvc) return false
  return fev1 === undefined || fev6 === undefined || fev1 <= fev6
}

const countsAs = (blow: Blow): Blow['quality'] => (isPossible(blow) ? blow.quality : 'neither')

function gradeOf(acceptable: number, differenceMl: number | undefined): SpirometryGrade {
  if (differenceMl === undefined) return 'E'
  if (differenceMl <= WITHIN_ML.A) return acceptable >= BLOWS_FOR_A ? 'A' : 'B'
  if (differenceMl <= WITHIN_ML.C) return 'C'
  return differenceMl <= WITHIN_ML.D ? 'D' : 'E'
}

/** The best value of one quantity, its blow and its grade. */
export function bestOf(blows: readonly Blow[], quantity: BlowQuantity): BestOf {
  const of = (quality: Blow['quality']) =>
    blows
      .flatMap((blow, at) => {
        const value = blow[quantity]
        return value !== undefined && countsAs(blow) === quality ? [{ value, at }] : []
      })
      .sort((a, b) => b.value - a.value)
  const acceptable = of('acceptable')
  const [first, second] = acceptable
  if (first === undefined) {
    const [usable] = of('usable')
    return usable === undefined
      ? { grade: 'F', acceptable: 0 }
      : { best: usable.value, blow: usable.at, grade: 'U', acceptable: 0 }
  }
  const differenceMl = second && Math.round((first.value - second.value) * 1000)
  return {
    best: first.value,
    blow: first.at,
    grade: gradeOf(acceptable.length, differenceMl),
    ...(differenceMl !== undefined && { repeatability: differenceMl / 1000 }),
    acceptable: acceptable.length,
  }
}

/** The largest of the acceptable blows, or of the usable ones where none is acceptable. */
function largest(blows: readonly Blow[], quantity: 'fev6' | 'peakFlow'): number | undefined {
  for (const quality of ['acceptable', 'usable'] as const) {
    const values = blows.flatMap((blow) => (countsAs(blow) === quality ? (blow[quantity] ?? []) : []))
    if (values.length > 0) return Math.max(...values)
  }
  return undefined
}

/** Pure; any number of blows, in the order in which they were made. */
export function spirometrySession(blows: readonly Blow[]): SpirometrySession {
  const fev1 = bestOf(blows, 'fev1')
  const fvc = bestOf(blows, 'fvc')
  const fev6 = largest(blows, 'fev6')
  const peakFlow = largest(blows, 'peakFlow')
  const possible = fev1.best !== undefined && fvc.best !== undefined && fvc.best > 0 && fev1.best <= fvc.best
  return {
    blows,
    fev1,
    fvc,
    ...(fev6 !== undefined && { fev6 }),
    ...(peakFlow !== undefined && { peakFlow }),
    ...(possible && { ratio: (fev1.best ?? 0) / (fvc.best ?? 1) }),
  }
}
