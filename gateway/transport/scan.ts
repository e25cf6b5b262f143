import { precautionAfter, stepAfter, windowAfter } from './radio-ladder.ts'
import type { RadioStep } from './transport.ts'
import type { HubTime } from './transport-time.ts'

/** What can scan. `stop` is answered by a call of {@link Scan.stopped}. */
export interface Scanner {
  start(): void
  stop(): void
}

/** Between a scan that somebody else stopped and the next start: two programs must not fight at full speed. */
const RESTART_MS = 500
/** For the controller to answer "stop". */
const STOP_MS = 1_000
/** Looks in one silence period: a busy house shows sooner that its radio is deaf. */
const LOOKS = 9

/**
 * Keeps the wish to scan apart from what the radio does. Scanning stops silently: another program stops it
 * (abandonware/noble#191), some controllers stop at each connection (noble/noble#129, #314, #474), some go deaf
 * (abandonware/noble#136, noble/noble#525, #598).
 */
export class Scan {
  readonly #time: HubTime
  readonly #silenceMs: number
  readonly #onDeaf: (step: Exclude<RadioStep, 'scan'>) => void
  readonly #deafAfterMs: () => number | undefined
  #scanner: Scanner | undefined
  #pauses = 0
  #onStopped: (() => void) | undefined
  #pendingRestart: { cancel(): void } | undefined
  #look: { cancel(): void } | undefined
  #lastHeard: number
  /** Since the last sign of life or repair. */
  #quietSince: number
  #repairs = 0
  #everHeard = false
  restarts = 0

  /**
   * @param silenceMs for a radio that has heard nothing yet, and for a quiet house
   * @param onDeaf a restart of the scan did not help: the adapter must be opened anew, or switched off and on
   * @param deafAfterMs silence that proves a radio deaf which has heard; undefined when none does
   */
  constructor(
    time: HubTime,
    silenceMs: number,
    onDeaf: (step: Exclude<RadioStep, 'scan'>) => void,
    deafAfterMs: () => number | undefined,
  ) {
    this.#time = time
    this.#silenceMs = silenceMs
    this.#onDeaf = onDeaf
    this.#deafAfterMs = deafAfterMs
    this.#lastHeard = time.now()
    this.#quietSince = this.#lastHeard
  }

  get silentForMs(): number {
    return this.#time.now() - this.#lastHeard
  }

  /** The last repair since the last sign of life; what is done to a quiet house by way of precaution is none. */
  get step(): RadioStep | undefined {
    return this.#repairs === 0 || this.#provenAfterMs === undefined ? undefined : stepAfter(this.#repairs - 1)
  }

  /** A radio that never heard anything is not known to work. */
  get #provenAfterMs(): number | undefined {
    return this.#everHeard ? this.#deafAfterMs() : this.#silenceMs
  }

  /** The radio is on. */
  on(scanner: Scanner): void {
    this.#scanner = scanner
    this.#quietSince = this.#time.now()
    this.#start()
    this.#watch()
  }

  /** The radio is off or gone. */
  off(): void {
    this.#scanner = undefined
    this.#pendingRestart?.cancel()
    this.#pendingRestart = undefined
    this.#look?.cancel()
    this.#look = undefined
    this.#onStopped?.()
  }

  heard(): void {
    this.#lastHeard = this.#time.now()
    this.#quietSince = this.#lastHeard
    this.#everHeard = true
    this.#repairs = 0
  }

  /** Resolves when the radio has stopped, or has had time enough. Controllers connect badly while they scan (noble/noble#409). */
  async pause(): Promise<void> {
    this.#pauses += 1
    if (this.#scanner === undefined || this.#pauses > 1) return
    this.#pendingRestart?.cancel()
    this.#pendingRestart = undefined
    await new Promise<void>((resolve) => {
      const timer = this.#time.setTimeout(() => this.#onStopped?.(), STOP_MS)
      this.#onStopped = () => {
        timer.cancel()
        this.#onStopped = undefined
        resolve()
      }
      this.#scanner?.stop()
    })
  }

  resume(): void {
    this.#pauses -= 1
    this.#quietSince = this.#time.now()
    this.#start()
  }

  /** The radio says that it does not scan any more. */
  stopped(): void {
    if (this.#onStopped) {
      this.#onStopped()
    } else if (this.#scanner !== undefined && this.#pauses === 0) {
      this.restarts += 1
      this.#restartSoon()
    }
  }

  /** After a connection or a disconnection some controllers have stopped without saying so. */
  refresh(): void {
    if (this.#scanner !== undefined && this.#pauses === 0) this.#restartSoon()
  }

  #restartSoon(): void {
    this.#pendingRestart ??= this.#time.setTimeout(() => {
      this.#pendingRestart = undefined
      this.#start()
    }, RESTART_MS)
  }

  #start(): void {
    if (this.#pauses === 0) this.#scanner?.start()
  }

  #watch(): void {
    this.#look?.cancel()
    this.#look = this.#time.setTimeout(() => {
      const window = windowAfter(this.#repairs, this.#provenAfterMs ?? this.#silenceMs)
      if (this.#pauses === 0 && this.#time.now() - this.#quietSince >= window) this.#repair()
      if (this.#scanner !== undefined) this.#watch()
    }, this.#silenceMs / LOOKS)
  }

  #repair(): void {
    this.#quietSince = this.#time.now()
    const step = this.#provenAfterMs === undefined ? precautionAfter(this.#repairs) : stepAfter(this.#repairs)
    this.#repairs += 1
    this.restarts += 1
    if (step === 'scan') this.#start()
    else this.#onDeaf(step)
  }
}
