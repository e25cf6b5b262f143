import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { withDeadline } from './deadline.ts'
import { openRadio, type Radio } from './noble-radio.ts'
import type { NoblePeripheral } from './noble-types.ts'
import { Scan } from './scan.ts'
import type { RadioHealth, RadioStep } from './transport.ts'
import type { TransportLog } from './transport-log.ts'
import type { HubTime } from './transport-time.ts'

/** Between two tries to open the adapter: from one second, doubled, to one minute. */
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
/** An adapter that is not on by then is opened anew: noble never binds again after a stick was pulled and put back. */
const POWER_ON_MS = 10_000
/** For the adapter to be switched off and on, whatever does it. */
const POWER_CYCLE_MS = 15_000

export interface AdapterOptions {
  /** N of hciN; the first one by default. */
  readonly adapter?: number
  readonly time: HubTime
  readonly log: TransportLog
  readonly silenceMs: number
  /** See {@link Scan}. */
  readonly deafAfterMs: () => number | undefined
  readonly heard: (peripheral: NoblePeripheral) => void
  /** Links or connections exist: then the radio works, however silent it is. */
  readonly busy: () => boolean
  /** Switches the adapter off and on; without it a deaf adapter is opened anew instead. */
  readonly powerCycle?: (signal: AbortSignal) => Promise<void>
}

/** Keeps one radio open and scanning: tries again while there is none, notices when it goes off, and opens it anew when it is deaf. */
export class Adapter {
  readonly scan: Scan
  readonly #options: AdapterOptions
  #radio: Radio | undefined
  #power: AbortController | undefined
  #state: RadioHealth['state'] = 'starting'
  #retryMs = FIRST_RETRY_MS
  #cycling: AbortController | undefined
  restarts = 0
  powerCycles = 0
  /** At any time one thing is waited for: the next try, or the adapter to come on. */
  #timer: { cancel(): void } | undefined

  constructor(options: AdapterOptions) {
    this.#options = options
    const onDeaf = (step: Exclude<RadioStep, 'scan'>) => {
      if (!options.busy()) this.#repair(step)
    }
    this.scan = new Scan(options.time, options.silenceMs, onDeaf, options.deafAfterMs)
  }

  get state(): RadioHealth['state'] {
    return this.#state
  }

  /** The radio while it is on; `power` is aborted when it goes off. */
  get on(): { readonly radio: Radio; readonly power: AbortSignal } | undefined {
    return this.#radio && this.#power ? { radio: this.#radio, power: this.#power.signal } : undefined
  }

  open(): void {
    const { adapter, heard, log } = this.#options
    try {
      const radio = openRadio(
        adapter,
        { state: (state) => this.#powered(state), heard, scanStopped: () => this.scan.stopped() },
        log,
      )
      this.#radio = radio
      if (radio.noble.state !== 'poweredOn') {
        this.#wait(() => this.#reopen('adapter does not come on'), POWER_ON_MS)
      }
    } catch (error) {
      this.#unavailable(messageOf(error))
      this.#retry()
    }
  }

  close(): void {
    this.#timer?.cancel()
    this.#cycling?.abort()
    this.#cycling = undefined
    this.#off()
    this.#radio?.dispose()
    this.#radio = undefined
    this.#state = 'unavailable'
  }

  #wait(callback: () => void, ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.time.setTimeout(callback, ms)
  }

  #retry(): void {
    this.#wait(() => this.open(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
  }

  #reopen(reason: string): void {
    this.#unavailable(reason)
    this.close()
    this.#retry()
  }

  #repair(step: Exclude<RadioStep, 'scan'>): void {
    this.#options.log.warn({ state: step }, 'bluetooth hears nothing')
    const { powerCycle } = this.#options
    if (step === 'adapter' || powerCycle === undefined) {
      this.restarts += 1
      this.#reopen('nothing heard')
      return
    }
    this.powerCycles += 1
    this.#unavailable('nothing heard')
    // noble must not hold the adapter while it goes off.
    this.close()
    void this.#cycle(powerCycle)
  }

  async #cycle(powerCycle: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const cycling = new AbortController()
    this.#cycling = cycling
    try {
      await withDeadline(powerCycle(cycling.signal), {
        time: this.#options.time,
        ms: POWER_CYCLE_MS,
        signals: [cycling.signal],
        expired: () => new PreCareError('adapter-unavailable', 'the adapter was not switched in time'),
      })
    } catch (error) {
      if (!cycling.signal.aborted) this.#options.log.warn({ reason: messageOf(error) }, 'adapter was not switched')
    }
    // Closed meanwhile: the hub stops.
    if (cycling.signal.aborted) return
    cycling.abort()
    this.#cycling = undefined
    this.open()
  }

  #powered(state: string): void {
    const noble = this.#radio?.noble
    if (state === 'poweredOn' && noble !== undefined) {
      this.#timer?.cancel()
      this.#retryMs = FIRST_RETRY_MS
      this.#state = 'ready'
      this.#power = new AbortController()
      this.#options.log.info({}, 'bluetooth ready')
      // Duplicates wanted: with the controller's filter a device whose scan response was lost is never reported
      // (gap.js:168), and one that measures twice only once.
      this.scan.on({ start: () => noble.startScanning([], true), stop: () => noble.stopScanning() })
    } else if (state !== 'unknown') {
      this.#unavailable(state)
      this.#off()
      this.#wait(() => this.#reopen(`adapter stays ${state}`), POWER_ON_MS)
    }
  }

  #unavailable(reason: string): void {
    if (this.#state !== 'unavailable') this.#options.log.warn({ reason }, 'bluetooth unavailable')
    this.#state = 'unavailable'
  }

  /** noble reports no disconnection when the adapter goes off: reads would hang, and its books keep links that are none. */
  #off(): void {
    this.scan.off()
    this.#power?.abort(new PreCareError('adapter-unavailable', 'the adapter went off'))
    this.#power = undefined
    this.#radio?.dropLinks()
  }
}
