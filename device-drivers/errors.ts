/**
 * The one error type of the house. Every code is listed here once, with what kind of retry makes sense and one
 * sentence that a technician can act on; the table in the README of the hub is generated from it.
 */

/** transient: try again. ambiguous: it may or may not have happened; repeat idempotently. permanent: a person must act. */
export type RetryClass = 'transient' | 'ambiguous' | 'permanent'

interface CodeEntry {
  readonly retry: RetryClass
  readonly advice: string
}

export const ERROR_CODES = {
  // Bytes from a device
  'packet-too-short': {
    retry: 'permanent',
    advice:
      'The device sent a packet shorter than its flags announce; measure again, and replace the device if it repeats.',
  },
  'packet-malformed': {
    retry: 'permanent',
    advice:
      'The device sent bytes that its specification does not allow; measure again, and report the model if it repeats.',
  },
  'checksum-wrong': {
    retry: 'transient',
    advice: 'Bytes were damaged on the way; check the cable or move the hub closer to the device.',
  },
  'date-time-invalid': {
    retry: 'permanent',
    advice: 'The device sent a date that does not exist; set the clock of the device.',
  },
  'device-refused': {
    retry: 'permanent',
    advice: 'The device answered with a refusal; pair it again and see its manual for remote access.',
  },
  'decoder-unknown': {
    retry: 'permanent',
    advice: 'No driver reads these bytes; check the service and characteristic against the device table.',
  },
  // A link to a device
  'adapter-unavailable': {
    retry: 'transient',
    advice: 'The hub finds no Bluetooth adapter; check that it is plugged in and run the doctor command.',
  },
  'connect-timeout': {
    retry: 'transient',
    advice: 'The device did not answer; wake it, keep it within five metres of the hub and measure again.',
  },
  'link-lost': {
    retry: 'transient',
    advice: 'The connection to the device broke; it is tried again at the next measurement.',
  },
  'operation-timeout': {
    retry: 'transient',
    advice: 'The device stopped answering in the middle; measure again close to the hub.',
  },
  'pairing-failed': {
    retry: 'permanent',
    advice: 'The device refused to pair; put it into pairing mode (see its manual) and pair it again.',
  },
  'characteristic-missing': {
    retry: 'permanent',
    advice: 'The device lacks a characteristic that its driver needs; check the model and its firmware.',
  },
  'port-unavailable': {
    retry: 'transient',
    advice: 'The serial port cannot be opened; check the cable and that no other program uses the port.',
  },
  // A visit by the technician
  'device-silent': {
    retry: 'transient',
    advice: 'Nothing was heard of the device; wake it (many need a button held for 3 s) within five metres of the hub.',
  },
  'clock-wrong': {
    retry: 'permanent',
    advice: 'The clock of the device or of the hub is wrong; set it as the manual says, then measure again.',
  },
  'passkey-wrong': {
    retry: 'permanent',
    advice: 'The device refused the passkey; read it again from its display or label and pair once more.',
  },
  'visit-refused': {
    retry: 'permanent',
    advice: 'This step cannot be done now; the page shows which one is next.',
  },

  // The hub
  'config-invalid': {
    retry: 'permanent',
    advice: 'Correct the named field of the configuration file and start again.',
  },
  'store-failed': {
    retry: 'transient',
    advice: 'The disk refused a write; check free space and the health of the card. Nothing was acknowledged.',
  },
  'store-corrupt': {
    retry: 'permanent',
    advice: 'The database file is damaged; it was set aside, not deleted. Keep the file and call support.',
  },
  'store-restored': {
    retry: 'permanent',
    advice:
      'The database is an earlier copy or comes from another hub; it was set aside and the hub goes on under a new epoch. Unsent readings were kept.',
  },
  'backup-unreadable': {
    retry: 'permanent',
    advice: 'The backup cannot be opened; check the passphrase, and take another copy of the file if it repeats.',
  },
  'update-refused': {
    retry: 'permanent',
    advice: 'The update was not installed, and the hub runs as before; the message says what is wrong with the file.',
  },
  'uplink-refused': {
    retry: 'permanent',
    advice: 'The broker refused the credentials of the hub; enrol the hub again.',
  },
  'uplink-lost': { retry: 'transient', advice: 'The broker cannot be reached; readings stay on the hub until it can.' },
  'server-untrusted': {
    retry: 'transient',
    advice:
      "The server that answered cannot prove that it is the broker, and nothing was sent to it; check the address, the network and whether the broker's certificate has ended.",
  },
  'certificate-ended': {
    retry: 'permanent',
    advice: 'The certificate of the hub ended too long ago to be renewed; a technician must enrol the hub again.',
  },
  'enrolment-refused': {
    retry: 'permanent',
    advice:
      'The code is wrong, used, locked or older than 30 minutes, or it was made for a hub with another serial number; make a new one.',
  },
  'code-expired': { retry: 'permanent', advice: 'The code is right, but older than 30 minutes; make a new one.' },
  // The broker
  'payload-malformed': {
    retry: 'permanent',
    advice: 'A message broke the published schema; it is kept in quarantine. Update the sender.',
  },
  'id-invalid': { retry: 'permanent', advice: 'Use 4 to 32 characters of a-z, 0-9 and hyphen for an id.' },
  'limits-invalid': {
    retry: 'permanent',
    advice: 'Order the limits: alert low < warning low < warning high < alert high.',
  },
  'alert-changed': {
    retry: 'permanent',
    advice: 'The alert has changed since you saw it, and nothing was done; look at it again and decide anew.',
  },
  'changed-meanwhile': {
    retry: 'permanent',
    advice: 'Somebody else has changed it since you looked, and nothing was done; look at it again and decide anew.',
  },
  'listen-failed': {
    retry: 'transient',
    advice: 'The broker cannot listen on that address; choose a port that no other program uses.',
  },
  'access-denied': { retry: 'permanent', advice: 'This identity has no right to that topic; ask for a grant.' },
  'audit-failed': {
    retry: 'permanent',
    advice: 'The audit cannot be written or read, so nothing is handed out; check the disk and run audit verify.',
  },
  'time-series-unavailable': {
    retry: 'transient',
    advice: 'The time-series database does not answer; readings are safe in the journal and follow when it is back.',
  },
  'time-series-refused': {
    retry: 'permanent',
    advice: 'The time-series database refuses a point; it is set aside by reading id, the rest goes on.',
  },
} as const satisfies Record<string, CodeEntry>

export type ErrorCode = keyof typeof ERROR_CODES

/**
 * @param code one of {@link ERROR_CODES}; it fixes the retry class and the advice
 * @param message what happened, with ids and offsets but never a measured value or a person
 */
export class PreCareError extends Error {
  override readonly name = 'PreCareError'
  readonly code: ErrorCode
  readonly retry: RetryClass
  readonly advice: string

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.retry = ERROR_CODES[code].retry
    this.advice = ERROR_CODES[code].advice
  }
}

/** True for our own error, of one code if given. */
export function isPreCareError(error: unknown, code?: ErrorCode): error is PreCareError {
  return error instanceof PreCareError && (code === undefined || error.code === code)
}

/** What any thrown thing says, for a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
