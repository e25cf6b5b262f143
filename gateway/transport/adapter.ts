import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { openRadio, type Radio } from './noble-radio.ts'
import type { NoblePeripheral } from './noble-types.ts'
import { Scan } from './scan.ts'
import type { RadioHealth } from './transport.ts'
import type { TransportLog } from './transport-log.ts'
import type { HubTime } from './transport-time.ts'

/** Between two tries to open the adapter: from one second, doubled, to one minute. */
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
/** An adapter that is not on by then is opened anew: noble never binds again after a stick was pulled and put back. */
const POWER_ON_MS = 10_000

export interface AdapterOptions {
  /** N of hciN; the first one by default. */
  readonly adapter?: number
  readonly time: HubTime
  readonly log: TransportLog
  readonly silenceMs: number
  readonly heard: (peripheral: NoblePeripheral) => void
  /** Links or connections exist: then the radio works, however silent it is. */
  readonly busy: () => boolean
}

/** Keeps one radio open and scanning: tries again while there is none, notices when it goes off, and opens it anew when it is deaf. */
export class Adapter {
  readonly scan: Scan
  readonly #options: AdapterOptions
  #radio: Radio | undefined
  #power: AbortController | undefined
  #state: RadioHealth['state'] = 'starting'
  #retryMs = FIRST_RETRY_MS
  /** At any time one thing is waited for: the next try, or the adapter to come on. */
  #timer: { cancel(): void } | undefined

  constructor(options: AdapterOptions) {
    this.#options = options
    this.scan = new Scan(options.time, options.silenceMs, () => {
      if (!options.busy()) this.#reopen('nothing heard')
    })
  }

  get state(): RadioHealth['state'] {
    return this.#state
  }

  /** The radio while it is on; `power` is aborted when it goes off. */
  get on(): { readonly radio: Radio; readonly power: AbortSignal } | undefined {
    return this.#radio && this.#power ? { radio: this.#radio, power: this.#power.signal } : undefined
  }

  open(): void {
    const { adapter, heard, log, time } = this.#options
    try {
      const radio = openRadio(
        adapter,
        { state: (state) => this.#powered(state), heard, scanStopped: () => this.scan.stopped() },
        log,
      )
      this.#radio = radio
      if (radio.noble.state !== 'poweredOn') {
        this.#timer = time.setTimeout(() => this.#reopen('adapter does not come on'), POWER_ON_MS)
      }
    } catch (error) {
      this.#unavailable(messageOf(error))
      this.#retry()
    }
  }

  close(): void {
    this.#timer?.cancel()
    this.#off()
    this.#radio?.dispose()
    this.#radio = undefined
    this.#state = 'unavailable'
  }

  #retry(): void {
    this.#timer?.cancel()
    this.#timer = this.#options.time.setTimeout(() => this.open(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
  }

  #reopen(reason: string): void {
    this.#unavailable(reason)
    this.close()
    this.#retry()
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
      this.#timer?.cancel()
      this.#timer = this.#options.time.setTimeout(() => this.#reopen(`adapter stays ${state}`), POWER_ON_MS)
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
