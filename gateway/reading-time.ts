import type { ClockQuality } from '../device-drivers/reading.ts'
import { instantsOf, naiveMs } from './local-time.ts'

/**
 * When a measurement was made. The rules are those of the coincident time stamp (HL7/PHD, CoincidentTimeStamp): the
 * device's present time is read in the same visit, and its difference from the hub's corrects what the record says. The
 * device's own time stays in the reading uncorrected.
 */

/** What the hub noted when a record was heard. Monotonic ms, so that the wall time may become known later. */
export interface Timing {
  readonly bootId: string
  readonly heardAt: number
  /** The device's clock as read in this visit, and when. */
  readonly deviceClock?: { readonly deviceNow: string; readonly readAt: number }
  /** The hub has set the device's clock in this visit, before this record. */
  readonly clockSet: boolean
  /** The device says that its clock was never set. */
  readonly clockUnset: boolean
}

export interface ReadingTimes {
  /** Unix ms. */
  readonly measuredAt: number
  readonly receivedAt: number
  readonly clock: { readonly quality: ClockQuality; readonly offsetMs?: number }
}

/** A record from the future is a wrong clock; five minutes forgive drift (HL7/PHD, BaseObservationProfile). */
const FUTURE_TOLERANCE_MS = 5 * 60_000
/** No lent device keeps a record longer; an older time is a clock that fell back to its birthday. */
const OLDEST_RECORD_MS = 2 * 366 * 86_400_000
/** Device clocks count whole seconds, and reading one takes time: within this a device agrees with the hub. */
const AGREES_WITHIN_MS = 2_000
/** A record without a clock reading beside it, but heard this soon after its own time, proves that clock right. */
const LIVE_WITHIN_MS = 60_000

/** Instant that a local time means for somebody who hears it at `heard`: in autumn's repeated hour the later one past. */
function instantBefore(naive: number, zone: string, heard: number): { at: number; certain: boolean } {
  const instants = instantsOf(naive, zone)
  const past = instants.filter((at) => at <= heard + FUTURE_TOLERANCE_MS)
  const at = past.at(-1) ?? instants[0]
  // Two instants are both possible unless the later is only now; the record then is a live one.
  return { at, certain: past.length < 2 || heard - at <= FUTURE_TOLERANCE_MS }
}

function estimate(timing: Timing, recorded: number, heard: number, zone: string): Omit<ReadingTimes, 'receivedAt'> {
  const shown = timing.deviceClock && naiveMs(timing.deviceClock.deviceNow)
  const direct = instantBefore(recorded, zone, heard)
  const live = Math.abs(heard - direct.at) <= LIVE_WITHIN_MS
  // Once the hub has set the clock, a stored record still carries the old one. A record on the new clock is either later
  // than anything the old one had shown, or fits the present.
  const onNewClock = timing.clockSet && shown !== undefined && (recorded > shown || live)
  if (timing.deviceClock !== undefined && shown !== undefined && !onNewClock) {
    const hubThen = heard - (timing.heardAt - timing.deviceClock.readAt)
    const offsetMs = Math.round(hubThen - instantBefore(shown, zone, hubThen).at)
    if (Math.abs(offsetMs) <= AGREES_WITHIN_MS) {
      return { measuredAt: direct.at, clock: { quality: direct.certain ? 'synced' : 'unknown', offsetMs } }
    }
    // Counted on the device's own clock, which knows no daylight saving: so many ms before it was read.
    return { measuredAt: Math.round(hubThen - (shown - recorded)), clock: { quality: 'corrected', offsetMs } }
  }
  // A clock that was set but never read says nothing of the records that it stamped before.
  const proven = onNewClock || live
  return { measuredAt: direct.at, clock: { quality: proven && direct.certain ? 'synced' : 'unknown' } }
}

/**
 * @param heard unix ms when the hub heard the record
 * @param late the hub did not know the time when it heard the record, and learnt it afterwards
 */
export function readingTimes(
  timing: Timing,
  deviceTime: string | undefined,
  context: { readonly heard: number; readonly zone: string; readonly late: boolean },
): ReadingTimes {
  const receivedAt = Math.round(context.heard)
  const named = (quality: ClockQuality): ClockQuality =>
    context.late && quality !== 'device-unset' && quality !== 'unknown' ? 'hub-unsynced' : quality
  if (timing.clockUnset) return { measuredAt: receivedAt, receivedAt, clock: { quality: 'device-unset' } }
  if (deviceTime === undefined) return { measuredAt: receivedAt, receivedAt, clock: { quality: named('received') } }
  const recorded = naiveMs(deviceTime)
  if (recorded === undefined) return { measuredAt: receivedAt, receivedAt, clock: { quality: 'unknown' } }
  const { measuredAt, clock } = estimate(timing, recorded, receivedAt, context.zone)
  const absurd = measuredAt > receivedAt + FUTURE_TOLERANCE_MS || measuredAt < receivedAt - OLDEST_RECORD_MS
  if (absurd) return { measuredAt: receivedAt, receivedAt, clock: { ...clock, quality: 'unknown' } }
  return { measuredAt, receivedAt, clock: { ...clock, quality: named(clock.quality) } }
}

/**
 * For a record that was heard in an earlier boot which never learnt the time: what the device says, if that can be
 * right, else the present, which is at least not before it.
 */
export function timesOfForgottenBoot(deviceTime: string | undefined, now: number, zone: string): ReadingTimes {
  const recorded = deviceTime === undefined ? undefined : naiveMs(deviceTime)
  const at = recorded === undefined ? now : instantBefore(recorded, zone, now).at
  const possible = at <= now + FUTURE_TOLERANCE_MS && at >= now - OLDEST_RECORD_MS
  return { measuredAt: possible ? at : now, receivedAt: now, clock: { quality: 'unknown' } }
}
