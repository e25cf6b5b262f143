import type { Field } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import type { Value } from '../reading.ts'
import { type DeviceTime, deviceTime } from './date-time.ts'
import { type DecodedNumber, decodeFloat, decodeSfloat, MAX_DECIMALS } from './numbers.ts'

/** Raw integer * times * 10^exponent, in `unit`. */
export interface Scale {
  readonly times: number
  readonly exponent: number
  readonly unit: string
  /** The raw number that means "measurement unsuccessful". */
  readonly unsuccessful?: number
}

const TIME_NOTES = { valid: undefined, unset: 'date not set', invalid: 'no such date or time' } as const

/**
 * A cursor over the bytes of one packet. Each read moves it, and records the field under its name in the specification;
 * a read past the end throws 'packet-too-short' with field and offset. Little-endian, as Bluetooth is; `...be` methods
 * are for serial protocols and IEEE 11073-20601.
 */
export class PacketReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #fields: Field[] = []
  #offset = 0
  #suspicious = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get fields(): readonly Field[] {
    return this.#fields
  }

  get offset(): number {
    return this.#offset
  }

  /** Bytes not read yet: beyond the last known field they are accepted and counted. */
  get surplusBytes(): number {
    return this.#bytes.length - this.#offset
  }

  /** A number had a mantissa reserved for special values, see `numbers.ts`. */
  get suspicious(): boolean {
    return this.#suspicious
  }

  u8(name: string, unit?: string): number {
    return this.#number(name, 1, unit, (at) => this.#view.getUint8(at))
  }

  i8(name: string, unit?: string): number {
    return this.#number(name, 1, unit, (at) => this.#view.getInt8(at))
  }

  u16(name: string, unit?: string): number {
    return this.#number(name, 2, unit, (at) => this.#view.getUint16(at, true))
  }

  u16be(name: string, unit?: string): number {
    return this.#number(name, 2, unit, (at) => this.#view.getUint16(at))
  }

  i16(name: string, unit?: string): number {
    return this.#number(name, 2, unit, (at) => this.#view.getInt16(at, true))
  }

  i16be(name: string, unit?: string): number {
    return this.#number(name, 2, unit, (at) => this.#view.getInt16(at))
  }

  u24(name: string, unit?: string): number {
    return this.#number(name, 3, unit, (at) => this.#view.getUint16(at, true) + this.#view.getUint8(at + 2) * 65536)
  }

  u32(name: string, unit?: string): number {
    return this.#number(name, 4, unit, (at) => this.#view.getUint32(at, true))
  }

  u32be(name: string, unit?: string): number {
    return this.#number(name, 4, unit, (at) => this.#view.getUint32(at))
  }

  /** SFLOAT, 2 bytes. @param unit UCUM */
  sfloat(name: string, unit: string): Value {
    return this.#float(name, 2, unit, (at) => decodeSfloat(this.#view.getUint16(at, true)))
  }

  sfloatbe(name: string, unit: string): Value {
    return this.#float(name, 2, unit, (at) => decodeSfloat(this.#view.getUint16(at)))
  }

  /** FLOAT, 4 bytes. @param unit UCUM */
  float32(name: string, unit: string): Value {
    return this.#float(name, 4, unit, (at) => decodeFloat(this.#view.getUint32(at, true)))
  }

  float32be(name: string, unit: string): Value {
    return this.#float(name, 4, unit, (at) => decodeFloat(this.#view.getUint32(at)))
  }

  /** uint16 with a fixed resolution; decimal arithmetic, so 0.005 kg steps stay exact. */
  scaledU16(name: string, scale: Scale): Value {
    return this.#float(name, 2, scale.unit, (at) => {
      const raw = this.#view.getUint16(at, true)
      if (raw === scale.unsuccessful) return { absent: 'unsuccessful' }
      return { value: Number(`${raw * scale.times}e${scale.exponent}`), decimals: Math.max(0, -scale.exponent) }
    })
  }

  /** Date Time 0x2A08, 7 bytes; never throws for a date that does not exist, see `date-time.ts`. */
  dateTime(name: string): DeviceTime {
    const at = this.#take(name, 7)
    const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = this.#bytes.subarray(at + 2, at + 7)
    return this.time(name, at, deviceTime(this.#view.getUint16(at, true), month, day, hour, minute, second))
  }

  /** Records a time that a protocol packs in its own way, from offset `at` to here. */
  time(name: string, at: number, time: DeviceTime): DeviceTime {
    const note = TIME_NOTES[time.state]
    this.#record({ name, offset: at, length: this.#offset - at, value: time.text, ...(note && { note }) })
    return time
  }

  /**
   * A bit field of 1 to 4 bytes: recorded as a number, and each named bit as a boolean. Bits without a name are
   * reserved for future use and never a reason to reject (real devices set them).
   * @param bits bit number by name
   */
  flags<Name extends string>(
    name: string,
    length: 1 | 2 | 3 | 4,
    bits: Readonly<Record<Name, number>>,
    order: 'little' | 'big' = 'little',
  ): Readonly<Record<Name, boolean>> {
    const at = this.#take(name, length)
    let raw = 0
    for (let i = 0; i < length; i++) {
      raw = raw * 256 + this.#view.getUint8(order === 'little' ? at + length - 1 - i : at + i)
    }
    this.#record({ name, offset: at, length, value: raw, note: `0x${raw.toString(16).padStart(length * 2, '0')}` })
    const set = {} as Record<Name, boolean>
    for (const bit of Object.keys(bits) as Name[]) {
      set[bit] = ((raw >>> bits[bit]) & 1) === 1
      this.#record({ name: bit, offset: at, length, value: set[bit], note: `bit ${bits[bit]} of ${name}` })
    }
    return set
  }

  /** `length` bytes as they are, recorded in hex. */
  bytes(name: string, length: number): Uint8Array {
    const at = this.#take(name, length)
    const taken = this.#bytes.slice(at, at + length)
    this.#record({ name, offset: at, length, value: Buffer.from(taken).toString('hex') })
    return taken
  }

  /** UTF-8 text; padding with NUL and blanks is dropped, other control characters too. */
  text(name: string, length: number): string {
    const at = this.#take(name, length)
    const raw = new TextDecoder().decode(this.#bytes.subarray(at, at + length))
    const value = raw.replace(/\p{Cc}/gu, '').trim()
    this.#record({ name, offset: at, length, value })
    return value
  }

  /**
   * A number written in ASCII digits. Only signs, points and blanks mean that there is none.
   * @param unit UCUM
   * @param implied decimals that the digits have without a point: '363' with 2 is 3.63
   */
  asciiNumber(name: string, length: number, unit: string, implied = 0): Value {
    const at = this.#take(name, length)
    const text = new TextDecoder('ascii').decode(this.#bytes.subarray(at, at + length)).trim()
    if (/^[-+. ]*$/.test(text)) {
      this.#record({ name, offset: at, length, value: null, unit, note: 'not-measured' })
      return { absent: 'not-measured', unit }
    }
    if (!/^\d+(\.\d+)?$/.test(text)) {
      throw new PreCareError('packet-malformed', `'${name}' at offset ${at} is no number`)
    }
    const decimals = Math.min(MAX_DECIMALS, text.split('.')[1]?.length ?? implied)
    const value = Number(text.includes('.') ? text : `${text}e-${implied}`)
    this.#record({ name, offset: at, length, value, unit, decimals })
    return { value, unit, decimals }
  }

  /** Separators and the like, which the caller has checked: not recorded. */
  skip(what: string, length: number): void {
    this.#take(what, length)
  }

  /** The meaning of the field read last, for people. */
  explain(note: string | undefined): void {
    const last = this.#fields.at(-1)
    if (last !== undefined && note !== undefined) this.#fields[this.#fields.length - 1] = { ...last, note }
  }

  /** A field that follows from others and has no bytes of its own. */
  derived(name: string, value: Field['value'], note: string): void {
    this.#record({ name, offset: this.#offset, length: 0, value, note })
  }

  /** Everything not read yet, unrecorded; the cursor goes to the end. */
  rest(): Uint8Array {
    const taken = this.#bytes.slice(this.#offset)
    this.#offset = this.#bytes.length
    return taken
  }

  #take(name: string, length: number): number {
    const at = this.#offset
    if (this.surplusBytes < length) {
      throw new PreCareError(
        'packet-too-short',
        `'${name}' needs ${length} bytes at offset ${at}, the packet has ${this.#bytes.length}`,
      )
    }
    this.#offset += length
    return at
  }

  #number(name: string, length: number, unit: string | undefined, read: (at: number) => number): number {
    const at = this.#take(name, length)
    const value = read(at)
    this.#record({ name, offset: at, length, value, ...(unit !== undefined && { unit }) })
    return value
  }

  #float(name: string, length: number, unit: string, read: (at: number) => DecodedNumber): Value {
    const at = this.#take(name, length)
    const number = read(at)
    if ('absent' in number) {
      this.#record({ name, offset: at, length, value: null, unit, note: number.absent })
      return { absent: number.absent, unit }
    }
    const { value, decimals, suspicious } = number
    const note = suspicious ? { note: 'mantissa of a special value' } : {}
    if (suspicious) this.#suspicious = true
    this.#record({ name, offset: at, length, value, unit, decimals, ...note })
    return { value, unit, decimals }
  }

  #record(field: Field): void {
    this.#fields.push(field)
  }
}
