import { PreCareError } from '../../device-drivers/errors.ts'
import type { Accounts } from '../accounts.ts'
import type { Journal } from '../store/journal.ts'
import type { Authority } from './authority.ts'
import type { Certificates } from './certificates.ts'
import type { Redeemed } from './enrolment.ts'
import type { Peer } from './peer.ts'
import { readRequest } from './x509.ts'

/** A new certificate for one that comes to its end, or has come to it. */

export interface RenewalParts {
  readonly journal: Journal
  readonly accounts: Accounts
  readonly certificates: Certificates
  readonly authority: Authority
}

/**
 * The old certificate stays good until the new one is first used.
 * @param peer as {@link renewablePeer} judged it
 * @param requestPem only its key counts
 * @throws PreCareError 'certificate-ended' when a technician must enrol the hub again, 'enrolment-refused' for a request
 *   that is none
 */
export async function renew(parts: RenewalParts, peer: Peer, requestPem: string): Promise<Redeemed> {
  const { journal, accounts, certificates, authority } = parts
  if (peer.kind === 'none') throw new PreCareError('certificate-ended', 'no certificate was shown')
  if (peer.kind === 'refused') throw new PreCareError('certificate-ended', peer.reason)
  if (accounts.enabled(peer.account)?.role !== 'hub') throw new PreCareError('certificate-ended', 'no hub of ours')
  const certificate = await authority.issueClient(peer.account, await readRequest(requestPem))
  journal.transaction(() => certificates.record(peer.account, certificate))
  return { hub: peer.account, certificate }
}
