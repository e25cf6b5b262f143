import { decoded } from '../decoded.ts'
import type { Decoded } from '../driver.ts'
import { PacketReader } from '../gatt/packet-reader.ts'

/** Glucose Measurement Context 0x2A34 (GLS 1.0.1, 3.2): what the citizen told the meter about a measurement. */

const CARBOHYDRATES = ['breakfast', 'lunch', 'dinner', 'snack', 'drink', 'supper', 'brunch']
const MEALS = ['before meal', 'after meal', 'fasting', 'casual', 'bedtime']
const TESTERS = ['self', 'health care professional', 'lab test']
const HEALTH = ['minor health issues', 'major health issues', 'during menses', 'under stress', 'no health issues']
const MEDICATIONS = [
  'rapid acting insulin',
  'short acting insulin',
  'intermediate acting insulin',
  'long acting insulin',
  'pre-mixed insulin',
]
const NOT_AVAILABLE = 15
const EXERCISE_OVERRUN = 0xffff

/** All of these enumerations count from 1. */
const meaning = (names: readonly string[], value: number): string =>
  value === NOT_AVAILABLE ? 'not available' : (names[value - 1] ?? 'reserved')

/** The meal number, where the packet has one. i-SENS puts 6 there, "ketone", see `caresens.ts`. */
export function mealOf(bytes: Uint8Array): number | undefined {
  const value = decodeGlucoseContext(bytes).fields.find((field) => field.name === 'Meal')?.value
  return typeof value === 'number' ? value : undefined
}

export function decodeGlucoseContext(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Carbohydrate ID And Carbohydrate Present': 0,
    'Meal Present': 1,
    'Tester-Health Present': 2,
    'Exercise Duration And Exercise Intensity Present': 3,
    'Medication ID And Medication Present': 4,
    'Medication Value Units': 5,
    'HbA1c Present': 6,
    'Extended Flags Present': 7,
  })
  packet.u16('Sequence Number')
  if (flags['Extended Flags Present']) packet.u8('Extended Flags')
  if (flags['Carbohydrate ID And Carbohydrate Present']) {
    packet.explain(meaning(CARBOHYDRATES, packet.u8('Carbohydrate ID')))
    packet.sfloat('Carbohydrate', 'kg')
  }
  if (flags['Meal Present']) packet.explain(meaning(MEALS, packet.u8('Meal')))
  if (flags['Tester-Health Present']) {
    const both = packet.u8('Tester-Health')
    packet.derived('Tester', both & 0xf, meaning(TESTERS, both & 0xf))
    packet.derived('Health', both >>> 4, meaning(HEALTH, both >>> 4))
  }
  if (flags['Exercise Duration And Exercise Intensity Present']) {
    if (packet.u16('Exercise Duration', 's') === EXERCISE_OVERRUN) packet.explain('overrun')
    packet.u8('Exercise Intensity', '%')
  }
  if (flags['Medication ID And Medication Present']) {
    packet.explain(meaning(MEDICATIONS, packet.u8('Medication ID')))
    packet.sfloat('Medication', flags['Medication Value Units'] ? 'L' : 'kg')
  }
  if (flags['HbA1c Present']) packet.sfloat('HbA1c', '%')
  return decoded(packet, [])
}
