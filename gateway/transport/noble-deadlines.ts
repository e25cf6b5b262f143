/** How long the radio may take, in ms. */
export interface Deadlines {
  /** For an advertisement of a device that was not heard yet, and then again for the connection. */
  readonly connectMs: number
  /** For its turn, while others are being connected. */
  readonly turnMs: number
  /** For finding all services and characteristics. */
  readonly interviewMs: number
  /** For encryption with stored keys. */
  readonly encryptMs: number
  /** For one read, write or subscription, pairing included. */
  readonly operationMs: number
  /** For the other side to say that the link is closed. */
  readonly closeMs: number
  /** End of a subscription without values. */
  readonly idleMs: number
  /** Without any advertisement at all before the scan is started again. */
  readonly silenceMs: number
}

export const DEADLINES: Deadlines = {
  // As matter.js. A device that was just heard answers at its next advertisement, 1.28 s later at most for the profiles
  // of medical devices; the radio does not scan meanwhile, so that a longer one costs others their measurement.
  connectMs: 5_000,
  // Six absent devices in front.
  turnMs: 30_000,
  interviewMs: 15_000,
  // One LL procedure response time-out is 40 s (Core, Vol 6, Part B, 5.2); keys that are right take under a second.
  encryptMs: 10_000,
  // ATT transaction time-out and SMP time-out (Core, Vol 3, Part F, 3.3.3 and Part H, 3.4).
  operationMs: 30_000,
  // transport.ts promises 5 s for close().
  closeMs: 2_000,
  // The time-out of a record access procedure after its last notification (Glucose Profile 1.0, 5.5.4).
  idleMs: 30_000,
  // As habluetooth (SCANNER_WATCHDOG_TIMEOUT).
  silenceMs: 90_000,
}
