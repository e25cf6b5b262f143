import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { DECODERS, decoderFor } from '../../device-drivers/decode/decoders.ts'
import type { Decoded, Driver, Packet } from '../../device-drivers/driver.ts'
import { isPreCareError, messageOf } from '../../device-drivers/errors.ts'
import { drivers } from '../../device-drivers/index.ts'
import { STATUSES, valueSchema } from '../../device-drivers/reading.ts'
import { tableOf } from './families/index.ts'

/** Whatever a device sends: a decoder answers with a typed error or with something the reading's schema allows. */

const RUNS = 10_000
const packetBytes = fc.uint8Array({ maxLength: 64 })

/** Nearly all of a million refusals would go into noting where they were made. */
beforeAll(() => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  return () => {
    Error.stackTraceLimit = stackTraceLimit
  }
})

/** Undefined: refused with the typed error. Anything else thrown fails the test. */
function attempt(decode: () => Decoded): Decoded | undefined {
  try {
    return decode()
  } catch (error) {
    if (isPreCareError(error)) return undefined
    throw error
  }
}

function check(about: Decoded | undefined, bytes: Uint8Array): void {
  if (about === undefined) return
  for (const { values, status, deviceTime, slot, sequence } of about.measurements) {
    for (const value of Object.values(values)) valueSchema.parse(value)
    if (status.some((each) => !STATUSES.includes(each)) || new Set(status).size < status.length) {
      throw new Error(`statuses ${status.join()}`)
    }
    if (deviceTime !== undefined && Number.isNaN(Date.parse(`${deviceTime}Z`))) throw new Error(deviceTime)
    if (slot !== undefined && (slot < 0 || slot > 255)) throw new Error(`slot ${slot}`)
    if (sequence !== undefined && sequence < 0) throw new Error(`sequence ${sequence}`)
  }
  for (const field of about.fields) {
    if (field.offset + field.length > bytes.length) throw new Error(`${field.name} lies outside the packet`)
    if (typeof field.value === 'number' && !Number.isFinite(field.value)) throw new Error(`${field.name} is no number`)
  }
}

/** What it throws is told with its name. */
function attemptBy(name: string, decode: () => Decoded, bytes: Uint8Array): void {
  try {
    check(attempt(decode), bytes)
  } catch (error) {
    throw new Error(`${name}: ${messageOf(error)}`, { cause: error })
  }
}

/** Most of the time goes into making bytes: each packet is given to every decoder. */
test(`random bytes are decoded or refused by each of ${Object.keys(DECODERS).length} decoders`, () => {
  fc.assert(
    fc.property(packetBytes, (bytes) => {
      for (const [key, decode] of Object.entries(DECODERS)) {
        attemptBy(key, () => decode(bytes, key.slice(key.lastIndexOf(' ') + 1)), bytes)
      }
    }),
    { numRuns: RUNS },
  )
})

const SOURCES = tableOf('sources')

describe('random records', () => {
  test(`are decoded or refused by each of ${drivers.length} drivers`, () => {
    const sourced = drivers.map((driver): [Driver, readonly string[]] => {
      const sources = SOURCES[driver.about.id]
      if (sources === undefined) throw new Error(`name the packet sources of ${driver.about.id} in its family's table`)
      return [driver, sources]
    })
    const packet = fc.record({ source: fc.nat(), bytes: packetBytes })
    fc.assert(
      fc.property(packet, fc.array(packet, { maxLength: 3 }), (first, rest) => {
        for (const [driver, sources] of sourced) {
          const heard = ({ source, bytes }: typeof first): Packet => ({
            source: sources[source % sources.length] ?? '',
            bytes,
          })
          attemptBy(driver.about.id, () => driver.decode([heard(first), ...rest.map(heard)]), first.bytes)
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('are tried on every driver', () => {
    expect(Object.keys(SOURCES).sort()).toEqual(drivers.map((driver) => driver.about.id).sort())
  })
})

interface Vector {
  readonly service: string
  readonly characteristic: string
  readonly hex: string
}

test('real packets cut at every byte, grown or with any bit flipped are decoded or refused, and a cut one is never read as more than it holds', () => {
  const all = JSON.parse(readFileSync(new URL('../vectors/device-bytes.json', import.meta.url), 'utf8')) as Vector[]
  let tried = 0
  for (const { service, characteristic, hex } of all) {
    const decode = decoderFor(service, characteristic)
    if (decode === undefined) continue
    const whole = new Uint8Array(Buffer.from(hex, 'hex'))
    const variants = [...whole.keys()].map((length) => whole.slice(0, length))
    variants.push(Uint8Array.of(...whole, 0xa5))
    for (let bit = 0; bit < whole.length * 8; bit++) {
      variants.push(whole.map((byte, i) => (i === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte)))
    }
    for (const bytes of variants)
      check(
        attempt(() => decode(bytes, characteristic)),
        bytes,
      )
    tried += variants.length
  }
  expect(tried).toBeGreaterThan(4_500)
})
