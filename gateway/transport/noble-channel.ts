import { PreCareError } from '../../device-drivers/errors.ts'
import { attRefusal } from './att-guard.ts'
import { type Bond, isBond } from './bonds.ts'
import { holdConfirmations } from './noble-confirmations.ts'
import type { Noble } from './noble-internals.ts'
import { pair, securityOf } from './noble-security.ts'

/** What noble keeps to itself about one link. */
export interface ChannelEvents {
  /** The peer refused a request for good: the request's opcode and the ATT error code. */
  refused(request: number, code: number): void
  malformed(): void
  pairingFailed(): void
  /** The device wants an encrypted link before it talks (Core, Vol 3, Part H, 2.4.6); noble is deaf to that. */
  securityRequested(): void
  encryption(on: boolean): void
  bonded(bond: Bond): void
}

export interface Channel {
  readonly pairing: boolean
  readonly encrypted: boolean
  /** Encrypts with keys of an earlier visit; the outcome comes as `encryption` or as the end of the link. */
  encryptWith(bond: Bond): void
  /** Pairs now; the outcome comes as `encryption` or `pairingFailed`. */
  pair(): void
  /**
   * Asked while a value is being delivered: takes over confirming the indication that brought it. Undefined for a
   * notification. An indication that nobody claims is confirmed at once.
   */
  claimIndication(): (() => void) | undefined
}

const ATT_CHANNEL = 0x0004
const SMP_CHANNEL = 0x0006
const SECURITY_REQUEST = 0x0b
/** Insufficient authentication, authorization, encryption: noble pairs and sends the request again (Vol 3, Part F, 3.4.1.1). */
const WANTS_ENCRYPTION: ReadonlySet<number> = new Set([0x05, 0x08, 0x0f])

/**
 * Listens below a link that noble has just reported as connected. noble turns a refused read into an empty value and
 * answers a refused write or subscription never (gatt.js:560, 578, 659); here the refusal is seen.
 */
export function openChannel(noble: Noble, id: string, events: ChannelEvents): Channel {
  const bindings = noble._bindings
  const handle = bindings._handles[id]
  const stream = typeof handle === 'number' ? bindings._aclStreams[handle] : undefined
  if (typeof handle !== 'number' || stream === undefined) {
    throw new PreCareError('link-lost', 'the connection was gone at once')
  }
  const security = securityOf(stream)
  const claimIndication = holdConfirmations(stream)

  // Before noble's own listeners: the refusal must be known when noble reports the empty value.
  stream.prependListener('data', (cid: number, pdu: Buffer) => {
    if (cid === SMP_CHANNEL && pdu[0] === SECURITY_REQUEST) events.securityRequested()
    const refusal = cid === ATT_CHANNEL ? attRefusal(pdu) : undefined
    if (refusal === undefined) return
    if (WANTS_ENCRYPTION.has(refusal.code) && !security.encrypted) return
    events.refused(refusal.request, refusal.code)
  })
  stream.on('malformed', () => events.malformed())
  // noble's listener for a failed pairing is an empty function (gatt.js:172): the request would hang.
  stream.on('encryptFail', () => {
    security.pairing = false
    events.pairingFailed()
  })
  stream.on('encrypt', (on: number) => events.encryption(on !== 0))

  // noble emits the keys and nobody listens (noble/noble#712): without keeping them a device that pairs only once is
  // lost at the second visit.
  let ltk = ''
  stream._smp.on('ltk', (key: Buffer) => {
    ltk = key.toString('hex')
  })
  stream._smp.on('masterIdent', (ediv: Buffer, rand: Buffer) => {
    const bond = { ltk, ediv: ediv.toString('hex'), rand: rand.toString('hex') }
    // Keys that come without a pairing of this link are a stranger's try to overwrite good ones.
    if (security.paired && isBond(bond)) events.bonded(bond)
  })

  return {
    get pairing() {
      return security.pairing
    },
    get encrypted() {
      return security.encrypted
    },
    pair: () => pair(stream),
    claimIndication,
    encryptWith: ({ ltk, ediv, rand }) =>
      bindings._hci.startLeEncryption(
        handle,
        Buffer.from(rand, 'hex'),
        Buffer.from(ediv, 'hex'),
        Buffer.from(ltk, 'hex'),
      ),
  }
}
