// The library's container of algorithms wants this before it is loaded.
import 'reflect-metadata'
import { createPrivateKey, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'

/** Certificates are made here only: ECDSA on P-256 with SHA-256 (RFC 5480), profiles of RFC 5280. */

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** RFC 5280, 4.1.2.2: positive and at most 20 octets; CA/Browser Forum Baseline Requirements 7.1: 64 random bits at least. */
const SERIAL_BYTES = 16

/** Somebody who can sign. */
export interface Issuer {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface Validity {
  /** Unix ms; certificates know whole seconds. */
  readonly from: number
  readonly to: number
}

interface NewKey {
  readonly pair: webcrypto.CryptoKeyPair
  readonly pem: string
}

async function newKey(): Promise<NewKey> {
  const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)
  return { pair, pem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` }
}

async function signingKey({ key }: Issuer): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), ALGORITHM, false, ['sign'])
}

/** The first bit is clear, so that the number is positive, and the second set, so that it keeps its length. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(SERIAL_BYTES))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

const dates = ({ from, to }: Validity) => ({ notBefore: new Date(from), notAfter: new Date(to) })

/** An authority that signs itself and may sign others, but no further authority. */
export async function makeAuthority(name: string, validity: Validity): Promise<Issuer> {
  const { pair, pem } = await newKey()
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    ...dates(validity),
    signingAlgorithm: ALGORITHM,
    keys: pair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  })
  return { certificate: `${made.toString('pem')}\n`, key: pem }
}

interface Leaf {
  readonly name: string
  readonly usage: 'clientAuth' | 'serverAuth'
  /** Host names and addresses a server answers to; of a client none. */
  readonly names: readonly string[]
}

async function issue(issuer: Issuer, publicKey: x509.PublicKeyType, leaf: Leaf, validity: Validity): Promise<string> {
  const authority = new x509.X509Certificate(issuer.certificate)
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [leaf.name] }],
    issuer: authority.subject,
    ...dates(validity),
    publicKey,
    signingKey: await signingKey(issuer),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[leaf.usage]], true),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
      ...(leaf.names.length > 0 ? [new x509.SubjectAlternativeNameExtension(leaf.names.map(generalName))] : []),
    ],
  })
  return `${made.toString('pem')}\n`
}

const generalName = (name: string): x509.JsonGeneralName => ({
  type: isIP(name) > 0 ? 'ip' : 'dns',
  value: name,
})

/** A new key with its certificate for servers under these names. */
export async function makeServer(issuer: Issuer, names: readonly string[], validity: Validity): Promise<Issuer> {
  const { pair, pem } = await newKey()
  const leaf: Leaf = { name: names[0] ?? '', usage: 'serverAuth', names }
  return { certificate: await issue(issuer, pair.publicKey, leaf, validity), key: pem }
}

/** A request that was checked. */
export interface CertificateRequest {
  readonly publicKey: x509.PublicKey
  /** SHA-256 of the key (SubjectPublicKeyInfo), base64url. */
  readonly keyDigest: string
}

/**
 * Of a request only the key is taken; name, extensions and attributes are ignored.
 * @throws PreCareError 'enrolment-refused' for what is no request, no P-256 key, or signed with another key
 */
export async function readRequest(pem: string): Promise<CertificateRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem)
    const { algorithm } = request.publicKey
    if (!('namedCurve' in algorithm) || algorithm.namedCurve !== ALGORITHM.namedCurve) throw new Error('no P-256 key')
    if (!(await request.verify())) throw new Error('the signature is not of its key')
    const digest = await webcrypto.subtle.digest('SHA-256', request.publicKey.rawData)
    return { publicKey: request.publicKey, keyDigest: Buffer.from(digest).toString('base64url') }
  } catch (error) {
    throw new PreCareError('enrolment-refused', `the certificate request: ${messageOf(error)}`, { cause: error })
  }
}

/** A certificate for a client of this id: no authority, no server. PEM. */
export function issueClient(
  issuer: Issuer,
  id: string,
  request: CertificateRequest,
  validity: Validity,
): Promise<string> {
  return issue(issuer, request.publicKey, { name: id, usage: 'clientAuth', names: [] }, validity)
}
