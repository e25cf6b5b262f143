import type { ErrorCode } from '../../device-drivers/errors.ts'
import type { HubClock } from '../hub-clock.ts'

export type Doing = 'searching' | 'meeting' | 'measuring'

/** How long a person is asked to wait, ms. */
const LASTS_MS: Readonly<Record<Doing, number>> = {
  // A device advertises for half a minute after it was woken; two tries.
  searching: 90_000,
  // Connecting, pairing and reading what it remembers: a full meter takes minutes (bluetooth-visits.ts).
  meeting: 5 * 60_000,
  // Sit, wait, measure, and once more because the cuff slipped.
  measuring: 5 * 60_000,
}

/** What happens at a device just now; not kept over a restart. */
export interface Activity {
  readonly doing: Doing
  /** Monotonic ms. */
  readonly until: number
  readonly failure?: ErrorCode
  /** Why the last try failed, while the next is under way. */
  readonly trouble?: ErrorCode
}

/** One activity at each device at most; it fails by itself when its time is over. */
export class Activities {
  readonly #clock: HubClock
  readonly #silence: (device: string) => ErrorCode
  readonly #now = new Map<string, Activity>()

  /** @param silence what is wrong when nothing came in time, and no try failed */
  constructor(clock: HubClock, silence: (device: string) => ErrorCode) {
    this.#clock = clock
    this.#silence = silence
  }

  of(device: string): Activity | undefined {
    return this.#now.get(device)
  }

  begin(device: string, doing: Doing): void {
    const until = this.#clock.now() + LASTS_MS[doing]
    this.#now.set(device, { doing, until })
    this.#clock.setTimeout(() => {
      const now = this.#now.get(device)
      if (now?.doing !== doing || now.until !== until || now.failure !== undefined) return
      this.#now.set(device, { ...now, failure: now.trouble ?? this.#silence(device) })
    }, LASTS_MS[doing])
  }

  /** A try failed; the next is under way. */
  trouble(device: string, trouble: ErrorCode): void {
    const activity = this.#now.get(device)
    if (activity !== undefined) this.#now.set(device, { ...activity, trouble })
  }

  end(device: string): void {
    this.#now.delete(device)
  }
}
