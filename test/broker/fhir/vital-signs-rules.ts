/**
 * What the published profiles say that the JSON schema can't: hl7.org/fhir/R4/observation-vitalsigns.html and the
 * invariants of hl7.org/fhir/R4/observation.html. Written out by hand, apart from the converter.
 */

interface Coding {
  readonly system?: string
  readonly code?: string
}
interface Concept {
  readonly coding?: readonly Coding[]
}
interface Part {
  readonly code: Concept
  readonly valueQuantity?: {
    readonly value?: number
    readonly unit?: string
    readonly system?: string
    readonly code?: string
  }
  readonly dataAbsentReason?: Concept
}
export interface AnyObservation extends Part {
  readonly meta?: { readonly profile?: readonly string[] }
  readonly category?: readonly Concept[]
  readonly subject?: unknown
  readonly effectiveDateTime?: string
  readonly component?: readonly Part[]
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/'
/** Magic code -> profile and its units. */
const PROFILES: Readonly<Record<string, readonly [profile: string, units: readonly string[]]>> = {
  '85354-9': ['bp', []],
  '2708-6': ['oxygensat', ['%']],
  '8867-4': ['heartrate', ['/min']],
  '9279-1': ['resprate', ['/min']],
  '8310-5': ['bodytemp', ['Cel', '[degF]']],
  '8302-2': ['bodyheight', ['cm', '[in_i]']],
  '29463-7': ['bodyweight', ['g', 'kg', '[lb_av]']],
  '39156-5': ['bmi', ['kg/m2']],
}

const loincs = (concept: Concept): string[] =>
  (concept.coding ?? []).filter(({ system }) => system === 'http://loinc.org').map(({ code }) => code ?? '')
const hasEither = ({ valueQuantity, dataAbsentReason }: Part): boolean =>
  (valueQuantity === undefined) !== (dataAbsentReason === undefined)

function quantityProblems(part: Part, units: readonly string[]): string[] {
  const { valueQuantity: quantity } = part
  if (quantity === undefined) return []
  return [
    ...(typeof quantity.value === 'number' ? [] : ['a quantity has a number']),
    ...(quantity.system === 'http://unitsofmeasure.org' ? [] : ['a unit is UCUM']),
    ...(quantity.unit !== undefined && quantity.unit !== '' ? [] : ['a unit has a text']),
    ...(units.includes(quantity.code ?? '') ? [] : [`${quantity.code} is none of ${units.join(' ')}`]),
  ]
}

function pressureProblems(observation: AnyObservation): string[] {
  const parts = observation.component ?? []
  return ['8480-6', '8462-4'].flatMap((code) => {
    const [pressure, ...more] = parts.filter((part) => loincs(part.code).includes(code))
    if (pressure === undefined || more.length > 0) return [`bp has ${code} once`]
    return quantityProblems(pressure, ['mm[Hg]'])
  })
}

export function vitalSignsProblems(observation: AnyObservation): string[] {
  const { code, component = [], meta, category = [], subject, effectiveDateTime } = observation
  const problems: string[] = []
  if (observation.valueQuantity !== undefined && observation.dataAbsentReason !== undefined) problems.push('obs-6')
  if (component.length === 0 && !hasEither(observation)) problems.push('vs-2: neither value nor reason')
  if (component.some((part) => !hasEither(part))) problems.push('vs-3: a component has neither value nor reason')
  const codes = new Set((code.coding ?? []).map((coding) => `${coding.system}|${coding.code}`))
  const same = component.some((part) => (part.code.coding ?? []).some((c) => codes.has(`${c.system}|${c.code}`)))
  if (same && observation.valueQuantity !== undefined) problems.push('obs-7: a component has the code of the whole')
  const magic = loincs(code).find((one) => PROFILES[one] !== undefined)
  if (magic === undefined) {
    return meta?.profile === undefined ? problems : [...problems, 'a profile is claimed without its code']
  }
  const [profile, units] = PROFILES[magic] ?? ['', []]
  if (!(meta?.profile ?? []).includes(CORE + profile)) problems.push(`${magic} without profile ${profile}`)
  const vital = category.some((concept) =>
    (concept.coding ?? []).some(
      ({ system, code: one }) =>
        one === 'vital-signs' && system === 'http://terminology.hl7.org/CodeSystem/observation-category',
    ),
  )
  if (!vital) problems.push('a vital sign has its category')
  if (subject === undefined) problems.push('a vital sign has a subject')
  if ((effectiveDateTime ?? '').length < 10) problems.push('vs-1: at least to the day')
  if (profile === 'bp' && observation.valueQuantity !== undefined) problems.push('bp has no value at the top')
  return [...problems, ...(profile === 'bp' ? pressureProblems(observation) : quantityProblems(observation, units))]
}
