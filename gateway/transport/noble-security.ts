import AclStreamModule from '@abandonware/noble/lib/hci-socket/acl-stream.js'
import GattModule from '@abandonware/noble/lib/hci-socket/gatt.js'
import { PreCareError } from '../../device-drivers/errors.ts'
import { fitForNoble } from './att-guard.ts'
import { type AclStream, type Gatt, isGattPrototype, isStreamPrototype } from './noble-internals.ts'

/**
 * Changes to two of noble's prototypes, made in memory once in a process: how a link becomes encrypted, and what reaches
 * the ATT client.
 */

/** L2CAP channel of the Attribute Protocol (Core, Vol 3, Part A, 2.1). */
const ATT_CHANNEL = 0x0004

/** What is known of a link's security. */
export interface Security {
  pairing: boolean
  /** noble's pending command was refused for want of encryption and must be sent again. */
  resend: boolean
  /** By a pairing of this link, not by stored keys. */
  paired: boolean
  encrypted: boolean
}

const SECURITY = Symbol.for('precare.noble.security')
const FENCED = Symbol.for('precare.noble.fenced')

type MarkedStream = AclStream & { [SECURITY]?: Security }
type MarkedPrototype = AclStream & { [FENCED]?: true }

export function securityOf(stream: AclStream): Security {
  const marked: MarkedStream = stream
  marked[SECURITY] ??= { pairing: false, resend: false, paired: false, encrypted: false }
  return marked[SECURITY]
}

/** @throws PreCareError when noble is not the pinned version */
export function fencePrototypes(): void {
  const gatt = GattModule.prototype
  const stream = AclStreamModule.prototype
  if (!isGattPrototype(gatt) || !isStreamPrototype(stream)) {
    throw new PreCareError('adapter-unavailable', 'this noble is not 1.9.2-26: its GATT client has another shape')
  }
  const marked: MarkedPrototype = stream
  if (marked[FENCED]) return
  marked[FENCED] = true
  fenceEncryption(gatt, stream)
  fenceAtt(stream)
}

/**
 * noble sends its pending command again at every Encryption Change: without one it throws (gatt.js:168, which ends the
 * process), with an unrelated one it sends that twice and every later answer is one off. Only when noble itself paired
 * because the command was refused is sending it again right (noble/noble#117, abandonware/noble#179).
 */
function fenceEncryption(gatt: Gatt, stream: AclStream): void {
  const startPairing = stream.encrypt
  const resend = gatt.onAclStreamEncrypt
  stream.encrypt = function (this: AclStream) {
    const security = securityOf(this)
    security.resend = true
    if (security.pairing) return
    security.pairing = true
    startPairing.call(this)
  }
  gatt.onAclStreamEncrypt = function (this: Gatt, on: number) {
    const security = securityOf(this._aclStream)
    const { pairing: paired, resend: refused } = security
    security.pairing = false
    security.resend = false
    if (!on) {
      if (paired) this._aclStream.emit('encryptFail')
      return
    }
    security.encrypted = true
    security.paired ||= paired
    if (refused && this._currentCommand !== null) {
      resend.call(this, on)
    } else {
      this._security = 'medium'
    }
  }
}

/** Pairs without a refused command behind it. */
export function pair(stream: AclStream): void {
  const security = securityOf(stream)
  if (security.pairing || security.encrypted) return
  stream.encrypt()
  security.resend = false
}

function fenceAtt(stream: AclStream): void {
  const push = stream.push
  stream.push = function (this: AclStream, cid: number | null, data: Buffer | null) {
    if (cid !== ATT_CHANNEL || data === null) {
      push.call(this, cid, data)
      return
    }
    const pdu = fitForNoble(data)
    if (pdu === undefined) this.emit('malformed')
    else push.call(this, cid, pdu)
  }
}
