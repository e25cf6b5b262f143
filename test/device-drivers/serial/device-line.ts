import type { SerialLink, SessionEvent } from '../../../device-drivers/driver.ts'
import { isPreCareError, PreCareError } from '../../../device-drivers/errors.ts'
import type { SerialDevice } from '../../../simulators/devices/device.ts'
import type { ManualTime } from '../../../simulators/time.ts'

/** How far a silent line lets the time go at once. */
const STEP_MS = 10
/** As the transport's. */
const IDLE_MS = 30_000
/** Then the cable is pulled. */
const OPEN_MS = 5 * 60_000

/** A simulated device as a driver's line, under a test's time: it goes on while the driver waits. */
export function deviceLine(
  device: SerialDevice,
  time: ManualTime,
): { readonly link: SerialLink; readonly log: readonly string[] } {
  const log: string[] = []
  const waiting: Uint8Array[] = []
  const peer = device.connect((bytes) => waiting.push(bytes))
  const closesAt = time.now() + OPEN_MS
  return {
    log,
    link: {
      write: async (bytes) => {
        if (time.now() >= closesAt) throw new PreCareError('link-lost', 'the cable was pulled')
        log.push(Buffer.from(bytes).toString('hex'))
        peer.receive(bytes)
      },
      async *chunks(options) {
        for (let idle = 0; idle < (options?.idleMs ?? IDLE_MS) && time.now() < closesAt; ) {
          const chunk = waiting.shift()
          if (chunk !== undefined) {
            idle = 0
            yield chunk
          } else {
            time.advance(STEP_MS)
            idle += STEP_MS
          }
        }
      },
    },
  }
}

/** Events of a session up to and with the first for which `done` holds, or its end, or that of the line. */
export async function eventsUntil(
  session: AsyncIterable<SessionEvent>,
  done: (event: SessionEvent, all: readonly SessionEvent[]) => boolean = () => false,
): Promise<SessionEvent[]> {
  const events: SessionEvent[] = []
  try {
    for await (const event of session) {
      events.push(event)
      if (done(event, events)) break
    }
  } catch (error) {
    if (!isPreCareError(error, 'link-lost')) throw error
  }
  return events
}
