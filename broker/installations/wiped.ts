import { createHash, type createPublicKey, verify, X509Certificate } from 'node:crypto'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { Accounts } from '../accounts.ts'
import { signedWipeReceiptSchema, type WipeReceipt, wipeReceiptSchema } from '../contract/wipe.ts'
import type { Certificates } from '../identity/certificates.ts'
import type { Journal } from '../store/journal.ts'
import type { Installations } from './installations.ts'

/** A hub is taken back: its receipt is looked at, its installation ends, and its certificate is worth nothing. */

/**
 * @param input of a receipt, as `hub wipe` wrote it
 * @throws PreCareError 'payload-malformed'; 'access-denied' when no key of that hub has signed it
 */
export function checkReceipt(input: unknown, hub: string, certificates: Certificates): WipeReceipt {
  const signed = signedWipeReceiptSchema.safeParse(input)
  if (!signed.success) throw new PreCareError('payload-malformed', 'receipt: hand in the file that "hub wipe" wrote')
  const { text, signature } = signed.data
  const receipt = parsed(text)
  if (receipt.hub !== hub) throw new PreCareError('access-denied', `the receipt is of ${receipt.hub}`)
  const keys = certificates.of(hub).flatMap(({ fingerprint }) => certificates.pem(fingerprint) ?? [])
  const key = keys.map((pem) => new X509Certificate(pem).publicKey).find((each) => digestOf(each) === receipt.key)
  if (key === undefined || signature === undefined) {
    throw new PreCareError('access-denied', 'the receipt was signed by no key of this hub; end without it, and revoke')
  }
  const options = { key, dsaEncoding: 'ieee-p1363' } as const
  if (verify('sha256', Buffer.from(text), options, Buffer.from(signature, 'base64'))) return receipt
  throw new PreCareError('access-denied', 'the receipt is not what the hub has signed')
}

const digestOf = (key: ReturnType<typeof createPublicKey>): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

function parsed(text: string): WipeReceipt {
  try {
    return wipeReceiptSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new PreCareError('payload-malformed', `receipt: ${messageOf(error)}`, { cause: error })
  }
}

export interface WipedParts {
  readonly journal: Journal
  readonly installations: Installations
  readonly certificates: Certificates
  readonly accounts: Accounts
}

/** Ends the installation and refuses the hub from now on, or neither. @throws PreCareError as {@link checkReceipt} */
export function takeBack(parts: WipedParts, installation: string, input: unknown, by: string): WipeReceipt {
  const { journal, installations, certificates, accounts } = parts
  const found = installations.state(installation)
  if (found === undefined) throw new PreCareError('config-invalid', `installation: ${installation} is not registered`)
  const { hub } = found.wish
  const receipt = checkReceipt(input, hub, certificates)
  journal.transaction(() => {
    installations.end(installation, by)
    certificates.revokeAll(hub, 'hub wiped')
    accounts.disable(hub)
  })
  return receipt
}
