import type { Reading, Value } from '../../device-drivers/reading.ts'
import { isNumber } from '../../device-drivers/reading.ts'
import { type FeedReading, TYPED_BY_STAFF } from '../contract/messages.ts'
import { type Codes, codesOfPanel, codesOfQuantity, conceptOf, headOf, VITAL_SIGNS } from './codes.ts'
import { coincidentTime } from './coincident-time.ts'
import { decimalOf } from './decimal.ts'
import { deviceReference, hubReference } from './device.ts'
import { identifiersOf } from './identifier.ts'
import { HOME_ZONE, withOffset } from './local-time.ts'
import { absentReason, interpretations, isOfTheCitizen, NO_VALUE, notes, offScale, withheld } from './quality.ts'
import type { Component, Measured, Meta, Observation, Reference } from './resources.ts'
import { CITIZEN, GATEWAY_DEVICE, OBSERVATION_CATEGORY, ORIGIN, UCUM, V3_ACT_REASON } from './systems.ts'

/**
 * A reading as one FHIR R4 Observation: one act of measuring is one resource, its first quantity at the top and the others
 * as components; a blood pressure has nothing at the top. Rules: HL7/PHD implementation guide (BaseObservationProfile,
 * CompoundNumericObservationProfile) and the vital signs profiles of R4.
 */

/** A reading of a feed; `hub` and `citizen` are opaque ids. */
export type FeedRecord = Pick<FeedReading, 'citizen' | 'hub' | 'storedAt' | 'reading'>

export interface ObservationOptions {
  /** IANA zone whose offset `effectiveDateTime` carries. */
  readonly zone?: string
  /** Place in the organisation's feed, for what goes out by topic. */
  readonly tag?: { readonly system: string; readonly code: string }
}

/** The citizen, by identifier: this house keeps no Patient resource and knows no name. */
export const citizenReference = (citizen: string): Reference => ({
  type: 'Patient',
  identifier: { system: CITIZEN, value: citizen },
})

function measured(value: Value | undefined, reading: Reading): Measured {
  const why = withheld(reading)
  if (why !== undefined) return { dataAbsentReason: why }
  if (value === undefined) return { dataAbsentReason: NO_VALUE }
  if (isNumber(value)) {
    const { unit } = value
    return { valueQuantity: { value: decimalOf(value.value, value.decimals), unit, system: UCUM, code: unit } }
  }
  const interpretation = offScale(value.absent)
  return { dataAbsentReason: absentReason(value.absent), ...(interpretation.length > 0 ? { interpretation } : {}) }
}

const codesIn = (reading: Reading, name: string): Codes =>
  codesOfQuantity(name, reading.kind, reading.site, reading.values[name]?.unit)

/** In the order of the reading. */
function componentsOf(reading: Reading, head: string | undefined): Component[] {
  return Object.entries(reading.values)
    .filter(([name]) => name !== head)
    .map(([name, value]) => ({ code: conceptOf(codesIn(reading, name)), ...measured(value, reading) }))
}

/** The blood pressure profile asks for both pressures, each in mm[Hg] or with the reason why it is absent. */
function fulfilsPanel({ values }: Reading): boolean {
  return [values['systolic'], values['diastolic']].every(
    (value) => value !== undefined && (!isNumber(value) || value.unit === 'mm[Hg]'),
  )
}

function metaOf(reading: Reading, profile: string | undefined, { tag }: ObservationOptions): Meta | undefined {
  const meta: Meta = {
    ...(profile === undefined ? {} : { profile: [profile] }),
    ...(isOfTheCitizen(reading) ? {} : { security: [{ system: V3_ACT_REASON, code: 'HTEST' }] }),
    ...(tag === undefined ? {} : { tag: [tag] }),
  }
  return Object.keys(meta).length > 0 ? meta : undefined
}

const ORIGINS: Readonly<Record<Reading['origin'], string>> = {
  automatic: 'Transferred from the device',
  typed: 'Typed in by the citizen',
  'typed-by-staff': 'Typed in by staff',
}

/**
 * @returns undefined for a technician's test measurement: it is nobody's and leaves in no form. Other readings that were
 *   not made on the citizen (demonstration, control solution) carry the label HTEST and no value.
 */
export function observationOf(record: FeedRecord, options: ObservationOptions = {}): Observation | undefined {
  const { citizen, hub, storedAt, reading } = record
  if (reading.test === true) return undefined
  const { zone = HOME_ZONE } = options
  const panel = codesOfPanel(reading.kind)
  const head = panel === undefined ? headOf(reading) : undefined
  const codes = panel ?? codesIn(reading, head ?? '')
  const [loinc] = codes.loinc
  const profile = loinc === undefined ? undefined : VITAL_SIGNS[loinc]
  const fulfilled = panel === undefined || fulfilsPanel(reading)
  const meta = metaOf(reading, fulfilled ? profile : undefined, options)
  const component = componentsOf(reading, head)
  const top = head !== undefined || component.length === 0 ? measured(reading.values[head ?? ''], reading) : {}
  const interpretation = [...(top.interpretation ?? []), ...interpretations(reading)]
  const note = notes(reading)
  const noDevice = reading.driver === TYPED_BY_STAFF
  const coincident = coincidentTime(reading, zone)
  return {
    resourceType: 'Observation',
    id: reading.id,
    ...(meta === undefined ? {} : { meta }),
    ...(coincident === undefined ? {} : { contained: [coincident] }),
    ...(noDevice ? {} : { extension: [{ url: GATEWAY_DEVICE, valueReference: hubReference(hub) }] }),
    identifier: identifiersOf(citizen, reading, codes),
    status: reading.status.includes('early-estimate') ? 'preliminary' : 'final',
    ...(profile === undefined
      ? {}
      : { category: [{ coding: [{ system: OBSERVATION_CATEGORY, code: 'vital-signs' }], text: 'Vital signs' }] }),
    code: conceptOf(codes, fulfilled),
    subject: citizenReference(citizen),
    effectiveDateTime: withOffset(reading.measuredAt, zone),
    issued: storedAt,
    ...(reading.origin === 'typed-by-staff' ? {} : { performer: [citizenReference(citizen)] }),
    ...top,
    ...(interpretation.length > 0 ? { interpretation } : {}),
    ...(note.length > 0 ? { note } : {}),
    ...(reading.site === undefined ? {} : { bodySite: { text: reading.site } }),
    method: { coding: [{ system: ORIGIN, code: reading.origin }], text: ORIGINS[reading.origin] },
    ...(noDevice ? {} : { device: deviceReference(reading.device) }),
    ...(coincident === undefined ? {} : { derivedFrom: [{ reference: `#${coincident.id}` }] }),
    ...(component.length > 0 ? { component } : {}),
  }
}
