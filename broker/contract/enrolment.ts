import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema } from '../../device-drivers/reading.ts'

/**
 * How a hub comes to its certificate: two requests over HTTPS, and the text that a technician carries to the hub.
 * `POST /v1/enrol` with a one-time code, `POST /v1/renew` with the certificate that comes to its end.
 */

/** Numbers that makers of boards print: letters, digits and what separates them. */
const serialSchema = z
  .string('write the serial number of the hub as a text')
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'write the serial number with 1 to 64 letters, digits and . _ : -')

/** A request for a P-256 key is about 300 bytes as PEM. */
const MAX_PEM = 4_096
const pem = z.string().max(MAX_PEM, `use at most ${MAX_PEM} characters of PEM`)

export const enrolRequestSchema = z.strictObject({
  /** As in the QR code, or as typed. */
  code: z.string().min(1, 'write the code').max(64, 'use at most 64 characters'),
  serial: serialSchema,
  /** Who the hub takes itself for, so that a code carried to another one is not used up; a blank hub is nobody yet. */
  hub: idSchema.optional(),
  /** PKCS #10 (RFC 2986); only its key counts. */
  request: pem,
})
export const renewRequestSchema = z.strictObject({ request: pem })

export const certificateAnswerSchema = z.strictObject({
  hub: idSchema,
  /** PEM. */
  certificate: z.string().min(1),
  /** PEM of the certificate that signed it, and the broker's own. */
  authority: z.string().min(1),
  mqttUrl: z.string().regex(/^mqtts:\/\//),
  /** The broker's time: the hub's clock may be wrong, and it is not earlier than this. */
  at: z.iso.datetime(),
})
export type CertificateAnswer = z.infer<typeof certificateAnswerSchema>

export const ENROL_PATH = '/v1/enrol'
export const RENEW_PATH = '/v1/renew'

/** What the QR code says. Nothing of it is about a person. */
export interface Invitation {
  /** `https://host:port` */
  readonly origin: string
  /** 128 bits, base64url. */
  readonly code: string
  /** SHA-256 of the authority's certificate, 64 hex digits: the hub trusts nothing else. */
  readonly fingerprint: string
}

/** Code and fingerprint stand in the fragment, which no program sends to a server (RFC 3986, 3.5). */
export function invitationText({ origin, code, fingerprint }: Invitation): string {
  return `${origin}/#${code}.${Buffer.from(fingerprint, 'hex').toString('base64url')}`
}

/** Undefined for any other text. */
export function parseInvitation(text: string): Invitation | undefined {
  const [, origin, code, pinned] = /^(https:\/\/[^/#\s]+)\/#([\w-]{22})\.([\w-]{43})$/.exec(text.trim()) ?? []
  if (origin === undefined || code === undefined || pinned === undefined || !URL.canParse(origin)) return undefined
  return { origin, code, fingerprint: Buffer.from(pinned, 'base64url').toString('hex') }
}

/** Crockford's Base 32 (crockford.com/base32.html): no I, L, O or U, which people misread. */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 12 characters of 5 bits. */
const TYPED_LENGTH = 12
/** 100 bits: as hard to hit with another certificate as anything here, and still read over a telephone. */
const TYPED_FINGERPRINT_LENGTH = 20

/** The first `length` groups of five bits. */
export function base32(bytes: Uint8Array, length: number): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  const size = BigInt(bytes.length * 8)
  return Array.from({ length }, (_, i) => CROCKFORD[Number((bits >> (size - 5n * BigInt(i + 1))) & 31n)]).join('')
}

/** As printed: groups of four. */
export const grouped = (text: string): string => text.replaceAll(/(.{4})(?=.)/g, '$1-')

/** As a person may type it: any case, with or without hyphens and blanks, O for 0, I and L for 1. */
function typed(text: string): string {
  return text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}

/** Twelve characters of the alphabet, or undefined. */
export function typedCode(text: string): string | undefined {
  const code = typed(text)
  return code.length === TYPED_LENGTH && [...code].every((c) => CROCKFORD.includes(c)) ? code : undefined
}

/** The form of a fingerprint that a person can type. @param fingerprint 64 hex digits */
export const typedFingerprint = (fingerprint: string): string =>
  base32(Buffer.from(fingerprint, 'hex'), TYPED_FINGERPRINT_LENGTH)

/** Whether a certificate is the one meant. @param meant 64 hex digits, with or without colons, or 20 typed characters */
export function isFingerprint(meant: string, fingerprint: string): boolean {
  const hex = meant.replaceAll(':', '').toLowerCase()
  return hex === fingerprint || typed(meant) === typedFingerprint(fingerprint)
}

/** @throws PreCareError 'config-invalid' for what can't be a fingerprint */
export function checkFingerprint(meant: string): string {
  if (/^[0-9a-f]{64}$/.test(meant.replaceAll(':', '').toLowerCase())) return meant
  if (typed(meant).length === TYPED_FINGERPRINT_LENGTH) return meant
  throw new PreCareError(
    'config-invalid',
    `--fingerprint: write the ${TYPED_FINGERPRINT_LENGTH} characters that "enrol" printed, or 64 hex digits`,
  )
}
