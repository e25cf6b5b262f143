import { addressOctets, join, u16 } from './octets.ts'
import type { SecurityPolicy } from './peripheral.ts'
import type { RandomOctets } from './random.ts'
import { c1, type PairingTranscript, s1 } from './smp-crypto.ts'

/** Codes of the Security Manager Protocol (Core, Vol 3, Part H, 3.3). */
const SMP = {
  pairingRequest: 0x01,
  pairingResponse: 0x02,
  confirm: 0x03,
  random: 0x04,
  failed: 0x05,
  encryptionInformation: 0x06,
  centralIdentification: 0x07,
  securityRequest: 0x0b,
} as const

const KNOWN_CODES: ReadonlySet<number> = new Set(Object.values(SMP))

/** Reasons of Pairing Failed (3.5.5). */
const FAILED = {
  authenticationRequirements: 0x03,
  confirmValue: 0x04,
  notSupported: 0x05,
  keySize: 0x06,
  commandNotSupported: 0x07,
  unspecified: 0x08,
} as const

const NO_INPUT_NO_OUTPUT = 0x03
const BONDING = 0x01
const SECURE_CONNECTIONS = 0x08
const ENC_KEY = 0x01
/** Only full-length keys are simulated; a shorter maximum is refused. */
const KEY_SIZE = 16
/** The temporary key of Just Works is 0 (2.3.5.2). */
const JUST_WORKS_KEY = Buffer.alloc(KEY_SIZE)
/** Encryption with a key that was just made, not stored, carries EDIV and Rand 0 (2.4.4.1). */
const NO_EDIV = 0

/** Kept by the peripheral between connections. */
export interface Bond {
  readonly ltk: Uint8Array
  readonly ediv: number
  readonly rand: Uint8Array
  /** Client characteristic configurations are part of the bond (Core, Vol 3, Part G, 3.3.3.3), by attribute handle. */
  readonly cccds: Map<number, number>
}

export interface SmpEnvironment {
  readonly policy: SecurityPolicy
  readonly random: RandomOctets
  readonly central: string
  readonly peripheral: { readonly address: string; readonly addressType: 'public' | 'random' }
  /** Shared by all links of the peripheral. */
  readonly bonding: { bond: Bond | undefined }
  send(pdu: Uint8Array): void
}

interface Pairing {
  readonly transcript: PairingTranscript
  readonly ownRandom: Uint8Array
  readonly bonding: boolean
  readonly distributesKey: boolean
  confirm?: Buffer
  stk?: Buffer
}

/** The air's order from the specification's and back. */
const turned = (octets: Uint8Array): Buffer => Buffer.from(octets).reverse()

/** The responder of LE legacy pairing, Just Works (Core, Vol 3, Part H, 2.3). */
export class SmpResponder {
  readonly #about: SmpEnvironment
  #pairing: Pairing | undefined
  #usesBond = false

  constructor(about: SmpEnvironment) {
    this.#about = about
  }

  /** The bond that this link was encrypted with, if it was. */
  get bondInUse(): Bond | undefined {
    return this.#usesBond ? this.#about.bonding.bond : undefined
  }

  receive(pdu: Buffer): void {
    const code = pdu[0]
    const pairing = this.#pairing
    if (code === SMP.pairingRequest && pdu.length === 7) this.#request(pdu)
    else if (code === SMP.failed) this.#forget()
    else if (code === SMP.confirm && pairing !== undefined && pdu.length === 17) this.#confirm(pairing, pdu)
    else if (code === SMP.random && pairing?.confirm !== undefined && pdu.length === 17) this.#random(pairing, pdu)
    else this.#fail(code !== undefined && KNOWN_CODES.has(code) ? FAILED.unspecified : FAILED.commandNotSupported)
  }

  /** Asks the central to encrypt (2.4.6). */
  requestSecurity(): void {
    this.#about.send(Uint8Array.of(SMP.securityRequest, BONDING))
  }

  keyFor(ediv: number, rand: Uint8Array): Uint8Array | undefined {
    const { bond } = this.#about.bonding
    const isFresh = ediv === NO_EDIV && rand.every((octet) => octet === 0)
    this.#usesBond = !isFresh && bond !== undefined && bond.ediv === ediv && Buffer.from(bond.rand).equals(rand)
    if (this.#usesBond) return bond?.ltk
    return isFresh && this.#pairing?.stk !== undefined ? turned(this.#pairing.stk) : undefined
  }

  /** The link is encrypted: after pairing the long term key follows (2.4.3). */
  encrypted(): void {
    const pairing = this.#pairing
    this.#forget()
    if (pairing?.stk === undefined || !pairing.distributesKey) return
    const bond: Bond = {
      ltk: this.#about.random(KEY_SIZE),
      ediv: Buffer.from(this.#about.random(2)).readUInt16LE(0),
      rand: this.#about.random(8),
      cccds: new Map(),
    }
    this.#about.send(join(SMP.encryptionInformation, bond.ltk))
    this.#about.send(join(SMP.centralIdentification, u16(bond.ediv), bond.rand))
    if (!pairing.bonding) return
    this.#about.bonding.bond = bond
    this.#usesBond = true
  }

  #request(request: Buffer): void {
    const refusal = this.#refusal(request)
    if (refusal === undefined) this.#accept(request)
    else this.#fail(refusal)
  }

  #accept(request: Buffer): void {
    const authentication = request.readUInt8(3)
    const distribution = request.readUInt8(6) & ENC_KEY
    const response = Buffer.of(
      SMP.pairingResponse,
      NO_INPUT_NO_OUTPUT,
      0x00, // no out-of-band data
      authentication & BONDING,
      KEY_SIZE,
      0x00, // the central distributes nothing
      distribution,
    )
    const { central, peripheral } = this.#about
    this.#pairing = {
      transcript: {
        pairingRequest: turned(request),
        pairingResponse: turned(response),
        initiatorAddressType: 0, // the controller has a public address
        initiatorAddress: turned(addressOctets(central)),
        responderAddressType: peripheral.addressType === 'random' ? 1 : 0,
        responderAddress: turned(addressOctets(peripheral.address)),
      },
      ownRandom: this.#about.random(KEY_SIZE),
      bonding: (authentication & BONDING) !== 0,
      distributesKey: distribution !== 0,
    }
    this.#about.send(response)
  }

  #refusal(request: Buffer): number | undefined {
    const { policy, bonding } = this.#about
    if (policy === 'none' || policy === 'refuses-pairing') return FAILED.notSupported
    if (policy === 'bonded-once' && bonding.bond !== undefined) return FAILED.notSupported
    // A passkey needs a keyboard or display at the central; noble says that it has neither.
    if (policy === 'requires-passkey') return FAILED.authenticationRequirements
    if (policy === 'requires-secure-connections') {
      const offered = (request.readUInt8(3) & SECURE_CONNECTIONS) !== 0
      return offered ? FAILED.unspecified : FAILED.authenticationRequirements
    }
    return request.readUInt8(4) < KEY_SIZE ? FAILED.keySize : undefined
  }

  #confirm(pairing: Pairing, pdu: Buffer): void {
    pairing.confirm = turned(pdu.subarray(1))
    this.#about.send(join(SMP.confirm, turned(c1(JUST_WORKS_KEY, pairing.ownRandom, pairing.transcript))))
  }

  #random(pairing: Pairing, pdu: Buffer): void {
    const theirs = turned(pdu.subarray(1))
    if (c1(JUST_WORKS_KEY, theirs, pairing.transcript).equals(pairing.confirm ?? Buffer.alloc(0))) {
      pairing.stk = s1(JUST_WORKS_KEY, pairing.ownRandom, theirs)
      this.#about.send(join(SMP.random, turned(pairing.ownRandom)))
    } else {
      this.#fail(FAILED.confirmValue)
    }
  }

  #fail(reason: number): void {
    this.#forget()
    this.#about.send(Uint8Array.of(SMP.failed, reason))
  }

  #forget(): void {
    this.#pairing = undefined
  }
}
