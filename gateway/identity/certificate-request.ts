import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

/**
 * The hub's key, and the request for its certificate. Written by hand, DER byte by byte, because it is always the same
 * 130 bytes around a key, and a library for certificates takes 22 MB of a small computer's memory (@peculiar/x509 2.2.0, measured).
 */

/** DER of one element: tag, length, content (ITU-T X.690, 8.1). */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const SEQUENCE = 0x30
const BIT_STRING = 0x03
const VERSION_0 = Buffer.from([0x02, 0x01, 0x00])
/** `[0] { }`: no attributes. */
const NO_ATTRIBUTES = Buffer.from([0xa0, 0x00])
/** OID 1.2.840.10045.4.3.2, ecdsa-with-SHA256 (RFC 5758, 3.2). */
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')

/** A new P-256 key, PEM (PKCS #8). It never leaves the hub. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A certificate request (PKCS #10, RFC 2986, 4) for this key, without a name: the broker knows who asks. PEM. */
export function certificateRequest(key: string): string {
  const privateKey = createPrivateKey(key)
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const info = der(SEQUENCE, VERSION_0, der(SEQUENCE), publicKey, NO_ATTRIBUTES)
  const signature = sign('sha256', info, privateKey)
  const request = der(SEQUENCE, info, ECDSA_WITH_SHA256, der(BIT_STRING, Buffer.from([0]), signature))
  const lines = request.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`
}
