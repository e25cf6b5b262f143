import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import type { Value } from '../reading.ts'
import { rounded } from '../units.ts'

/**
 * Omron's older devices have no SIG service: their memory is read block by block, in frames of Omron's own (WLP). Only
 * the bytes are read here, for the `decode` command: nobody has yet recorded a whole exchange with a device that we lend.
 * Layout: oliexdev/openScale, OmronBodyCompositionLib; frames also userx14/omblepy.
 */

const RECORD_LENGTH = 48
const ERASED = new Set([0x00, 0xff])
/** Weight in steps of 50 g. */
const WEIGHT_STEP = 5
/** kcal to kJ, thermochemical calorie (NIST SP 811, B.8). */
const KJ_PER_KCAL = 4.184
const FIRST_YEAR = 2000

/** Some bits of a big-endian number. @param from counted from the least significant */
const bits = (word: number, from: number, count: number): number => (word >>> from) & (2 ** count - 1)

/** A raw 0 is "not measured" in every field. */
const measured = (raw: number, exponent: number, unit: string, times = 1): Value =>
  raw === 0
    ? { absent: 'not-measured', unit }
    : { value: Number(`${raw * times}e${exponent}`), unit, decimals: -exponent }

/**
 * One record of an HBF-702T, 48 bytes. Fields are packed by bits; the ones without bytes of their own are named after
 * the word they lie in. @throws PreCareError 'packet-malformed' for a place in memory that holds no record
 */
export function decodeOmronRecord(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  if (bytes.length >= RECORD_LENGTH && ERASED.has(bytes[0] ?? -1) && bytes.every((byte) => byte === bytes[0])) {
    throw new PreCareError('packet-malformed', 'the place in memory is empty')
  }
  packet.bytes('Bytes 0 and 1', 2)
  const fat = packet.u16be('Word 2')
  const metabolism = packet.u16be('Word 4')
  const muscle = packet.u16be('Word 6')
  const index = packet.u16be('Word 8')
  const age = bits(packet.u8('Byte 10'), 0, 7)
  const month = bits(packet.u8('Byte 11'), 0, 4)
  const clock = packet.u16be('Word 12')
  packet.bytes('Bytes 14 to 25', 12)
  const weight = measured(bits(packet.u16be('Word 26'), 4, 12), -2, 'kg', WEIGHT_STEP)
  packet.bytes('Bytes 28 to 47', RECORD_LENGTH - 28)
  if ('absent' in weight) throw new PreCareError('packet-malformed', 'the record holds no weight')

  const values = {
    weight,
    bodyFat: measured(bits(fat, 6, 10), -1, '%'),
    bmi: measured(bits(index, 6, 10), -1, 'kg/m2'),
  }
  const kcal = bits(metabolism, 4, 12)
  const say = (name: string, value: Value, note: string): void =>
    packet.derived(name, 'absent' in value ? null : value.value, 'absent' in value ? `${note}: not measured` : note)
  say('Weight', values.weight, 'bits 4 to 15 of word 26, 50 g')
  say('Body Fat Percentage', values.bodyFat, 'bits 6 to 15 of word 2')
  // Skeletal muscle is less than the muscle percentage of the SIG's 0x2A9C: shown, and no quantity of a reading.
  say('Skeletal Muscle Percentage', measured(bits(muscle, 6, 10), -1, '%'), 'bits 6 to 15 of word 6')
  say('Body Mass Index', values.bmi, 'bits 6 to 15 of word 8')
  packet.derived('Basal Metabolism', kcal, 'bits 4 to 15 of word 4, kcal')
  packet.derived('Visceral Fat Level', bits(fat, 0, 6) / 2, 'bits 0 to 5 of word 2, half levels')
  packet.derived('Body Age', age, 'bits 0 to 6 of byte 10, years')
  const time = deviceTime(
    FIRST_YEAR + bits(muscle, 0, 6),
    month,
    bits(clock, 11, 5),
    bits(clock, 6, 5),
    bits(index, 0, 6),
    bits(clock, 0, 6),
  )
  packet.derived('Time Stamp', time.text, 'year in word 6, month in byte 11, minute in word 8, the rest in word 12')
  const { timing, status } = measurementTime(time)
  const measurement: Measurement = {
    kind: 'body-composition',
    values: {
      ...values,
      basalMetabolism:
        kcal === 0
          ? { absent: 'not-measured', unit: 'kJ' }
          : { value: rounded(kcal * KJ_PER_KCAL, 0), unit: 'kJ', decimals: 0 },
    },
    status,
    ...timing,
  }
  return decoded(packet, [measurement])
}

const COMMANDS: Readonly<Record<number, string>> = {
  0: 'start transmission',
  256: 'read EEPROM',
  448: 'write EEPROM',
  3840: 'end transmission',
}
const CHECKED_BEFORE = 8

/** One frame: [length, command u16, address u16, size, data..., 0, xor of all before]; everything big-endian. */
export function decodeWlpFrame(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const length = packet.u8('Length')
  if (length < CHECKED_BEFORE) throw new PreCareError('packet-malformed', `a frame has no ${length} bytes`)
  const command = packet.u16be('Command')
  packet.explain(COMMANDS[command & 0x7fff] ?? 'not known')
  packet.u16be('Address')
  packet.u8('Size')
  packet.bytes('Data', length - CHECKED_BEFORE)
  packet.u8('Padding')
  packet.u8('Check')
  const xor = bytes.subarray(0, length).reduce((sum, byte) => sum ^ byte, 0)
  if (xor !== 0) throw new PreCareError('checksum-wrong', 'the frame does not add up to zero')
  packet.derived('XOR of all bytes', xor, 'an intact frame gives 0')
  return decoded(packet, [])
}
