import { isQuantity, KIND_CODES, mdcOf, QUANTITIES, type Quantity } from '../../device-drivers/quantities.ts'
import type { Kind, Reading, Site } from '../../device-drivers/reading.ts'
import type { CodeableConcept, Coding } from './resources.ts'
import { LOINC, MDC, MEDCOM_MCS, NPU, QUANTITY } from './systems.ts'

/**
 * From quantity to codes: MDC first, as the device's own language (HL7/PHD, BaseObservationProfile), then LOINC, then the
 * Danish code. A quantity without any of them has a code of the house.
 */

/** R4 asks for 2708-6 with every pulse oximetry; 59408-5 stands beside it (hl7.org/fhir/R4/observation-vitalsigns.html). */
const OXYGEN_SATURATION = '2708-6'

/** LOINC code -> its profile (hl7.org/fhir/R4/observation-vitalsigns.html): who writes the code must fulfil the profile. */
export const VITAL_SIGNS: Readonly<Record<string, string>> = {
  '85354-9': 'http://hl7.org/fhir/StructureDefinition/bp',
  [OXYGEN_SATURATION]: 'http://hl7.org/fhir/StructureDefinition/oxygensat',
  '8867-4': 'http://hl7.org/fhir/StructureDefinition/heartrate',
  '9279-1': 'http://hl7.org/fhir/StructureDefinition/resprate',
  '8310-5': 'http://hl7.org/fhir/StructureDefinition/bodytemp',
  '8302-2': 'http://hl7.org/fhir/StructureDefinition/bodyheight',
  '29463-7': 'http://hl7.org/fhir/StructureDefinition/bodyweight',
  '39156-5': 'http://hl7.org/fhir/StructureDefinition/bmi',
}

/** Codes of a quantity or panel; the first LOINC code is the one that a profile asks for. */
export interface Codes {
  readonly mdc?: number | undefined
  readonly loinc: readonly string[]
  readonly danish?: string | undefined
  readonly text: string
  /** Where no published code is. */
  readonly own?: string
}

function loincOf(name: string, about: Quantity): string[] {
  if (about.loinc === undefined) return []
  return name === 'oxygenSaturation' ? [OXYGEN_SATURATION, about.loinc] : [about.loinc]
}

/**
 * @param unit as the value carries it. LOINC and Danish codes fix a property, as mass or amount of substance, so a
 *   value in another unit than the table's has none of them; MDC names the quantity alone
 */
export function codesOfQuantity(name: string, kind: Kind, site: Site | undefined, unit: string | undefined): Codes {
  if (!isQuantity(name)) return { loinc: [], text: name, own: name }
  const about: Quantity = QUANTITIES[name]
  const mdc = mdcOf(name, kind, site)
  // 14743-9 and NPU22089 mean capillary blood; a sensor under the skin measures in another fluid.
  const interstitial = name === 'glucose' && kind === 'glucose-continuous'
  const fixed = (unit === undefined || unit === about.unit) && !interstitial
  const loinc = fixed ? loincOf(name, about) : []
  const danish = fixed ? about.danishCode : undefined
  const any = mdc !== undefined || loinc.length > 0 || danish !== undefined
  const text = interstitial ? KIND_CODES[kind].english : about.english
  return { mdc, loinc, danish, text, ...(any ? {} : { own: name }) }
}

/** The whole, where its kind is a panel with codes of its own; undefined where its first quantity speaks for it. */
export function codesOfPanel(kind: Kind): Codes | undefined {
  const { mdc, loinc, danishCode, english } = KIND_CODES[kind]
  if (mdc === undefined) return undefined
  return { mdc, loinc: loinc === undefined ? [] : [loinc], danish: danishCode, text: english }
}

/** The quantity at the top of an observation that is no panel: the kind's first one that the reading has. */
export function headOf({ kind, values }: Reading): string {
  const { quantities } = KIND_CODES[kind]
  return quantities.find((name) => Object.hasOwn(values, name)) ?? Object.keys(values)[0] ?? quantities[0]
}

const danishSystem = (code: string): string => (code.startsWith('MCS') ? MEDCOM_MCS : NPU)

/** @param withLoinc false where the profile that a vital sign's LOINC code stands for can't be fulfilled */
export function conceptOf({ mdc, loinc, danish, text, own }: Codes, withLoinc = true): CodeableConcept {
  const coding: Coding[] = [
    ...(mdc === undefined ? [] : [{ system: MDC, code: String(mdc) }]),
    ...(withLoinc ? loinc.map((code) => ({ system: LOINC, code })) : []),
    ...(danish === undefined ? [] : [{ system: danishSystem(danish), code: danish }]),
    ...(own === undefined ? [] : [{ system: QUANTITY, code: own }]),
  ]
  return coding.length > 0 ? { coding, text } : { text }
}
