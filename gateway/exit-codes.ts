import { isPreCareError } from '../device-drivers/errors.ts'

/**
 * What the process says to whatever started it. The numbers are those of sysexits.h where it has one; the service's unit
 * repeats the one that needs a person.
 */
export const EXIT = {
  /** Asked to stop, and stopped. */
  ok: 0,
  /** A fault in the program, or `doctor` found something: start again. */
  fault: 1,
  /** EX_IOERR: the outbox can't be opened or written; nothing was acknowledged to a device. Start again. */
  store: 74,
  /** EX_TEMPFAIL: the radio is deaf and a new process is tried. Start again at once. */
  radio: 75,
  /** EX_CONFIG: starting again helps nobody before the configuration was changed. */
  config: 78,
} as const

/** Of a process that ends because of this error. */
export function exitCodeOf(error: unknown): number {
  if (isPreCareError(error, 'store-failed')) return EXIT.store
  return isPreCareError(error, 'adapter-unavailable') ? EXIT.radio : EXIT.fault
}
