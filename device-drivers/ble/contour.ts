import type { GattLink, LocalDateTime, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import { addMinutes, localText } from '../gatt/date-time.ts'
import { rejected } from '../rejected.ts'
import { glucoseDriver } from './glucose.ts'
import { named } from './visit.ts'

/** Ascensia Contour Next: the Glucose Service, and a clock of its own that keeps UTC and an offset apart. */

export const CONTOUR_SERVICE = '00000000000211E29E960800200C9A66'
export const CONTOUR_CLOCK = '00001026000211E29E960800200C9A66'
const SET_TIME = 0x01
/** The clock says by an indication that it has taken the time; one that does not has taken it all the same. */
const ANSWER_WITHIN_MS = 2_000

/** [1, UTC as Date Time 0x2A08, minutes of local time ahead of UTC]; undefined while the hub does not know the offset. */
export function contourTime(local: LocalDateTime): Uint8Array | undefined {
  const { utcOffsetMinutes: offset } = local
  if (offset === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = addMinutes(localText(local), -offset)
    .split(/[-T:]/)
    .map(Number)
  const time = [year & 0xff, year >>> 8, month, day, hour, minute, second]
  return Uint8Array.of(SET_TIME, ...time, offset & 0xff, (offset >> 8) & 0xff)
}

/**
 * The clock can be set and not read, so nobody knows how far off it was when the stored records were made: no event says
 * that they could be trusted. It is set after its indications are enabled.
 */
async function* setOwnClock(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const local = visit.localTime()
  const time = local && contourTime(local)
  if (time === undefined || !link.has(CONTOUR_SERVICE, CONTOUR_CLOCK)) return
  try {
    const answers = await link.subscribe(CONTOUR_SERVICE, CONTOUR_CLOCK, { idleMs: ANSWER_WITHIN_MS })
    await link.write(CONTOUR_SERVICE, CONTOUR_CLOCK, time)
    for await (const _ of answers) return
  } catch (error) {
    if (!isPreCareError(error) || error.retry === 'transient') throw error
    yield rejected(CONTOUR_CLOCK, new Uint8Array(), error)
  }
}

export const contourNext = glucoseDriver({
  about: {
    id: 'contour-next',
    title: 'Glucose meter Contour Next',
    vendor: 'Ascensia',
    models: ['Contour Next One', 'Contour Plus One'],
    evidence: 'specification only',
    sources: ['weliem/blessed-android, example application', 'NightscoutFoundation/xDrip, BluetoothGlucoseMeter'],
    quirks: ['clock in its own service 00000000-0002-11E2-9E96-0800200C9A66, set and not read', 'bonds at once'],
  },
  match: named(/^Contour/i),
  settleClock: setOwnClock,
})
