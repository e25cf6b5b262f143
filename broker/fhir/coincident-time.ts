import type { Reading } from '../../device-drivers/reading.ts'
import { withOffset } from './local-time.ts'
import { CLOCK_UNKNOWN } from './quality.ts'
import type { CoincidentTime } from './resources.ts'
import { MDC } from './systems.ts'

/** MDC_ATTR_TIME_ABS (IEEE 11073-10101): the device's clock, when it shows date and time. */
const DEVICE_CLOCK = 67975

/**
 * What both clocks showed when the record was heard, so that a reader can undo the correction (HL7/PHD,
 * CoincidentTimeStamp). Contained in its observation: whoever gets one has both. Undefined when the device gave no time.
 */
export function coincidentTime(reading: Reading, zone: string): CoincidentTime | undefined {
  const { deviceTime, receivedAt, clock } = reading
  if (deviceTime === undefined) return undefined
  const shown =
    clock.offsetMs === undefined
      ? { dataAbsentReason: CLOCK_UNKNOWN }
      : { valueDateTime: withOffset(new Date(Date.parse(receivedAt) - clock.offsetMs).toISOString(), zone) }
  return {
    resourceType: 'Observation',
    id: 'coincident-time',
    status: 'final',
    code: { coding: [{ system: MDC, code: String(DEVICE_CLOCK) }], text: 'Clock of the device' },
    effectiveDateTime: withOffset(receivedAt, zone),
    ...shown,
  }
}
