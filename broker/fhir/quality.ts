import type { AbsentReason, ClockQuality, Reading, Status } from '../../device-drivers/reading.ts'
import { DOUBTFUL } from '../../device-drivers/reading.ts'
import type { CodeableConcept } from './resources.ts'
import { DATA_ABSENT_REASON, MEASUREMENT_STATUS, STATUS, V3_INTERPRETATION } from './systems.ts'

/** What a reading's statuses and absent values become (HL7/PHD, BaseObservationProfile, measurement status). */

/** data-absent-reason (R4) and, where the device could only say that it is beyond its range, on which side. */
const ABSENT: Readonly<
  Record<AbsentReason, { readonly code: string; readonly text: string; readonly side?: '>' | '<' }>
> = {
  'not-a-number': { code: 'not-a-number', text: 'The device sent no number' },
  'not-at-this-resolution': { code: 'error', text: 'Not a number at this resolution' },
  'positive-infinity': { code: 'positive-infinity', text: 'Above the range of the device', side: '>' },
  'negative-infinity': { code: 'negative-infinity', text: 'Below the range of the device', side: '<' },
  reserved: { code: 'error', text: 'The device sent a reserved value' },
  'not-measured': { code: 'not-performed', text: 'Not measured' },
  unsuccessful: { code: 'error', text: 'The measurement did not succeed' },
  'above-range': { code: 'positive-infinity', text: 'Above the range of the device', side: '>' },
  'below-range': { code: 'negative-infinity', text: 'Below the range of the device', side: '<' },
}

const reason = (code: string, text: string): CodeableConcept => ({
  coding: [{ system: DATA_ABSENT_REASON, code }],
  text,
})

export const NO_VALUE = reason('unknown', 'The device sent no value')
export const CLOCK_UNKNOWN = reason('unknown', 'The clock of the device is not known')
export const absentReason = (why: AbsentReason): CodeableConcept => reason(ABSENT[why].code, ABSENT[why].text)

/** Off scale high or low (v3 ObservationInterpretation). */
export function offScale(why: AbsentReason): CodeableConcept[] {
  const { side, text } = ABSENT[why]
  return side === undefined ? [] : [{ coding: [{ system: V3_INTERPRETATION, code: side }], text }]
}

/** Measured on something else than the citizen's body: its numbers are nobody's. */
const NOT_OF_THE_CITIZEN: ReadonlySet<Status> = new Set<Status>(['test', 'demonstration', 'control-solution'])
export const isOfTheCitizen = ({ status }: Reading): boolean => !status.some((one) => NOT_OF_THE_CITIZEN.has(one))

/** A value that must not be shown as one: why not. */
export function withheld(reading: Reading): CodeableConcept | undefined {
  if (!isOfTheCitizen(reading)) return reason('not-applicable', 'Not measured on the citizen')
  const broken = reading.status.find((status) => status === 'invalid' || status === 'sensor-fault')
  return broken === undefined ? undefined : reason('error', words(broken))
}

/** Of the device, its storage or its clock: no interpretation of the value. */
const ABOUT_THE_DEVICE: ReadonlySet<Status> = new Set<Status>([
  'from-storage',
  'battery-low',
  'device-fault',
  'time-fault',
  'unit-assumed',
  'possible-duplicate',
])

/** 'cuff-too-loose' -> 'Cuff too loose'. */
const words = (status: string): string => status.charAt(0).toUpperCase() + status.slice(1).replaceAll('-', ' ')

/** What is to be thought of the values: the published code where one is, and each status by its own name. */
export function interpretations({ status }: Reading): CodeableConcept[] {
  const published = (code: string, text: string) => ({ coding: [{ system: MEASUREMENT_STATUS, code }], text })
  return [
    ...(status.some((one) => DOUBTFUL.has(one)) ? [published('questionable', 'Questionable')] : []),
    ...(status.includes('early-estimate') ? [published('early-indication', 'Early estimate')] : []),
    ...status
      .filter((one) => one !== 'questionable' && one !== 'early-estimate' && !ABOUT_THE_DEVICE.has(one))
      .map((code) => ({ coding: [{ system: STATUS, code }], text: words(code) })),
  ]
}

const CLOCK_NOTES: Readonly<Partial<Record<ClockQuality, string>>> = {
  corrected: 'The time is corrected by the difference between the clocks of device and hub.',
  received: 'The device gave no time: it is the time of receipt.',
  'hub-unsynced': 'The hub learnt the time only afterwards: the time is counted back.',
  'device-unset': 'The clock of the device was not set: the time is the time of receipt.',
  unknown: 'How right the clock of the device was is not known: the time is uncertain.',
}

/** For a person who reads: the device and its clock. */
export function notes({ status, clock }: Reading): { readonly text: string }[] {
  const device = status.filter((one) => ABOUT_THE_DEVICE.has(one)).map((one) => `${words(one)}.`)
  const time = CLOCK_NOTES[clock.quality]
  return [...device, ...(time === undefined ? [] : [time])].map((text) => ({ text }))
}
