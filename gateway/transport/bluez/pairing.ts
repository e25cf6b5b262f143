import { PreCareError } from '../../../device-drivers/errors.ts'

/** How one configured device is paired. A device without one is a stranger: nothing is agreed to on its behalf. */
export interface PairingWish {
  /** Six digits that the device shows or has on its label. */
  readonly passkey?: number
  /** The technician stands beside both and says that the numbers agree. */
  readonly numbersAgree: boolean
  /** Its driver needs a bond: the hub pairs before it talks, not when something is refused. */
  readonly pairFirst: boolean
}

/** What a pairing may ask of the hub (BlueZ, doc/org.bluez.Agent.rst); everything else is refused. */
export type PairingQuestion = 'passkey' | 'confirmation' | 'authorization'

/** The hub's answer; undefined is a refusal. */
export type PairingAnswer = { readonly passkey?: number }

const LARGEST_PASSKEY = 999_999

/**
 * The technician's options of a device: `passkey` (six digits, as a text or a number) and `numbersAgree`.
 * @throws PreCareError('config-invalid') when the passkey is none
 */
export function pairingWish(
  options: Readonly<Record<string, number | string | boolean>>,
  bonding: 'none' | 'optional' | 'required',
): PairingWish {
  const passkey = passkeyOf(options['passkey'])
  return {
    ...(passkey === undefined ? {} : { passkey }),
    numbersAgree: options['numbersAgree'] === true,
    pairFirst: bonding === 'required' || passkey !== undefined,
  }
}

function passkeyOf(given: number | string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined
  const passkey = typeof given === 'string' && /^\d{6}$/.test(given) ? Number(given) : given
  if (typeof passkey === 'number' && Number.isInteger(passkey) && passkey >= 0 && passkey <= LARGEST_PASSKEY) {
    return passkey
  }
  // Without the value: it opens the device.
  throw new PreCareError('config-invalid', 'write the six digits that the device shows, as a text')
}

/**
 * A hub has no screen and no keys, so it claims them only for a device whose passkey the technician has typed in. For
 * any other it says so, and what can pair without a person does (Core, Vol 3, Part H, 2.3.5.1): with a keyboard claimed
 * the same device would ask for a number that nobody knows.
 */
export function capabilityFor(wish: PairingWish | undefined): 'KeyboardDisplay' | 'NoInputNoOutput' {
  return wish !== undefined && (wish.passkey !== undefined || wish.numbersAgree) ? 'KeyboardDisplay' : 'NoInputNoOutput'
}

/** @param wish undefined for a device that is not configured */
export function answer(question: PairingQuestion, wish: PairingWish | undefined): PairingAnswer | undefined {
  if (wish === undefined) return undefined
  switch (question) {
    case 'passkey':
      return wish.passkey === undefined ? undefined : { passkey: wish.passkey }
    case 'confirmation':
      return wish.numbersAgree ? {} : undefined
    case 'authorization':
      return {}
  }
}
