/** What the strangers of the bench `abuse` are told to do, and what they report. */

export const BOMBS = 4
export const BOMB_BYTES = 200 * 1024 * 1024
export const IDLE = 4_000
export const MUTATED = 30_000
export const PER_CONNECTION = 15
/** Both time-outs before authentication are 5 s. */
export const CUT_WITHIN_MS = 6_000

export interface Door {
  readonly port: number
  readonly secure: boolean
}

export interface StrangersTask {
  readonly doors: readonly Door[]
  /** PEM: who signs the broker's certificate. */
  readonly authority: string
  readonly seed: number
}

export interface StrangersReport {
  readonly stillOpen: number
  readonly cutAfterMs: number
  readonly mutatedPackets: number
  readonly mutatedConnections: number
}

/** Of the strangers' process. */
export type StrangersMessage = { readonly progress: string; readonly cut?: true } | { readonly report: StrangersReport }
