import { createPublicKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readPrivate, readText, writePrivate } from './key-file.ts'
import { type CertificateRequest, type Issuer, issueClient, makeAuthority, makeServer } from './x509.ts'

/** The certificate authority of one broker: made at first use, or given. It signs the broker's own certificate and those of hubs and clients. */

const DAY_MS = 24 * 3600_000
/** Its end is the one end that nothing renews; hubs in homes live less long. */
const AUTHORITY_MS = 20 * 365 * DAY_MS
/** As long as common public authorities allow at most for automatic renewal (Let's Encrypt: 90 days). */
export const LEAF_MS = 90 * DAY_MS
/** A hub whose clock is slow by less than this still believes a certificate that was made a moment ago. */
const BACKDATED_MS = DAY_MS

export interface KeyFiles {
  readonly keyFile: string
  readonly certificateFile: string
}

export interface Authority {
  /** PEM. */
  readonly certificate: string
  /** SHA-256 of it, 64 hex digits. */
  readonly fingerprint: string
  /** Unix ms. */
  readonly endsAt: number
  /** PEM of a certificate for a client of this id, valid from now for 90 days. */
  issueClient(id: string, request: CertificateRequest): Promise<string>
  /** A key and a certificate for servers under these names. */
  issueServer(names: readonly string[]): Promise<Issuer>
  /** Whether it signed this one: by name and by signature. */
  signed(certificate: X509Certificate): boolean
}

export const authorityFiles = (folder: string): KeyFiles => ({
  keyFile: join(folder, 'ca.key'),
  certificateFile: join(folder, 'ca.crt'),
})

/**
 * @param folder where the authority lives unless `given` says otherwise
 * @throws PreCareError 'config-invalid' when the key may be read by others, is missing, or belongs to another certificate
 */
export async function openAuthority(
  folder: string,
  given: KeyFiles | undefined,
  clock: BrokerClock,
): Promise<Authority> {
  const files = given ?? authorityFiles(folder)
  const key = readPrivate(files.keyFile)
  if (key !== undefined) return authorityOf({ key, certificate: readText(files.certificateFile) }, files, clock)
  if (given !== undefined) throw new PreCareError('config-invalid', `${files.keyFile}: there is no such key file`)
  const now = wholeSecond(clock.now())
  const name = `PreCare ${new Date(now).toISOString().slice(0, 10)}`
  const made = await makeAuthority(name, { from: now - BACKDATED_MS, to: now + AUTHORITY_MS })
  // The key last: a power cut in between leaves no authority, and another is made.
  writePrivate(files.certificateFile, made.certificate)
  writePrivate(files.keyFile, made.key)
  return authorityOf(made, files, clock)
}

function authorityOf(issuer: Issuer, { keyFile, certificateFile }: KeyFiles, clock: BrokerClock): Authority {
  const certificate = parse(issuer.certificate, certificateFile)
  if (!certificate.ca)
    throw new PreCareError('config-invalid', `${certificateFile}: this certificate may sign no other`)
  if (!belongs(certificate, issuer.key, keyFile)) {
    throw new PreCareError('config-invalid', `${keyFile}: this is not the key of ${certificateFile}`)
  }
  const endsAt = certificate.validToDate.getTime()
  /** Nothing outlives who signed it. */
  const validity = (from: number, ms: number) => ({ from, to: Math.min(from + ms, endsAt) })
  return {
    certificate: issuer.certificate,
    fingerprint: fingerprintOf(certificate),
    endsAt,
    issueClient: (id, request) => issueClient(issuer, id, request, validity(wholeSecond(clock.now()), LEAF_MS)),
    issueServer: (names) =>
      makeServer(issuer, names, validity(wholeSecond(clock.now()) - BACKDATED_MS, LEAF_MS + BACKDATED_MS)),
    signed: (other) => other.checkIssued(certificate) && other.verify(certificate.publicKey),
  }
}

/** Certificates know whole seconds, and one must be valid from the moment it is made. */
const wholeSecond = (unixMs: number): number => Math.floor(unixMs / 1000) * 1000

/** @throws PreCareError 'config-invalid' */
export function parse(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw new PreCareError('config-invalid', `${file}: no certificate (${messageOf(error)})`, { cause: error })
  }
}

/** Whether the private key is that of the certificate. @throws PreCareError 'config-invalid' for what is no key */
export function belongs(certificate: X509Certificate, key: string, file: string): boolean {
  try {
    return createPublicKey(key).equals(certificate.publicKey)
  } catch (error) {
    throw new PreCareError('config-invalid', `${file}: no private key (${messageOf(error)})`, { cause: error })
  }
}
