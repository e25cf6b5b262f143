import { isUtf8 } from 'node:buffer'
import { type RawReading, rawReadingSchema, valueSchema } from '../device-drivers/reading.ts'
import { readingsEnvelopeSchema } from './contract/messages.ts'
import type { Range } from './store/sequence-ranges.ts'

/** The broker's front refuses larger packets; here it bounds what one message can cost. */
const MAX_PAYLOAD_BYTES = 256 * 1024
/** message > readings > reading > values > value, and two to spare; JSON.stringify recurses, so depth must be bounded. */
const MAX_DEPTH = 8
/** Sequence numbers that an unreadable message can claim: ten times what the schema allows. */
const MAX_CLAIMED = 5_000

/** Why something is in quarantine. Fixed words: they are counted and logged. */
export type QuarantineReason =
  | 'payload-too-large'
  | 'payload-not-utf8'
  | 'payload-too-deep'
  | 'payload-not-json'
  | 'message-breaks-schema'
  | 'reading-breaks-schema'
  | 'reading-not-storable'

export type ParsedItem =
  | { readonly type: 'reading'; readonly reading: RawReading }
  | { readonly type: 'malformed'; readonly text: string; readonly detail: string }

/** A whole message that can't be read may still say which sequence numbers it meant; then those get their receipt. */
export type ParsedMessage =
  | { readonly type: 'readings'; readonly epoch: string; readonly first: number; readonly items: readonly ParsedItem[] }
  | {
      readonly type: 'unreadable'
      readonly reason: QuarantineReason
      readonly claim?: { readonly epoch: string; readonly range: Range }
    }

const NOT_JSON = Symbol('not JSON')

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** Deepest nesting of brackets outside strings. Pure; for bytes that need not be JSON. */
export function depthOf(bytes: Uint8Array): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (inString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte < 0x5b) continue
    else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth)
    else if (CLOSING.has(byte)) depth--
  }
  return deepest
}

type Claim = NonNullable<Extract<ParsedMessage, { type: 'unreadable' }>['claim']>

function unreadable(reason: QuarantineReason, claim?: Claim): ParsedMessage {
  return { type: 'unreadable', reason, ...(claim === undefined ? {} : { claim }) }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return NOT_JSON
    throw error
  }
}

/** The sequence numbers of a message that breaks the schema elsewhere, if it names them soundly. */
function claimOf(message: unknown): Claim | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const epoch = readingsEnvelopeSchema.shape.epoch.safeParse(Reflect.get(message, 'epoch'))
  const first = readingsEnvelopeSchema.shape.first.safeParse(Reflect.get(message, 'first'))
  const items: unknown = Reflect.get(message, 'readings')
  if (!epoch.success || !first.success || !Array.isArray(items)) return undefined
  if (items.length === 0 || items.length > MAX_CLAIMED) return undefined
  if (first.data > Number.MAX_SAFE_INTEGER - items.length) return undefined
  return { epoch: epoch.data, range: [first.data, first.data + items.length - 1] }
}

/** Names of the schema. Any other key is the sender's own text and may name a person. */
const FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(rawReadingSchema.shape),
  ...Object.keys(rawReadingSchema.shape.clock.shape),
  ...valueSchema.options.flatMap((option) => Object.keys(option.shape)),
])

const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => (typeof key === 'number' || FIELDS.has(String(key)) ? String(key) : '*')).join('.')

function parseItem(item: unknown): ParsedItem {
  const parsed = rawReadingSchema.safeParse(item)
  if (parsed.success) return { type: 'reading', reading: parsed.data }
  // Where it breaks, never what was there: the detail goes into a log.
  const detail = parsed.error.issues.map(({ path, code }) => `${placeOf(path)} ${code}`).join(', ')
  return { type: 'malformed', text: JSON.stringify(item), detail: detail.slice(0, 200) }
}

/** Pure; throws nothing for any bytes. Each reading is judged by itself, so that one bad reading loses no other. */
export function parseReadings(payload: Uint8Array): ParsedMessage {
  if (payload.length > MAX_PAYLOAD_BYTES) return unreadable('payload-too-large')
  if (!isUtf8(payload)) return unreadable('payload-not-utf8')
  if (depthOf(payload) > MAX_DEPTH) return unreadable('payload-too-deep')
  const json = parseJson(payload)
  if (json === NOT_JSON) return unreadable('payload-not-json')
  const message = readingsEnvelopeSchema.safeParse(json)
  const claim = claimOf(json)
  if (!message.success || claim === undefined) return unreadable('message-breaks-schema', claim)
  const { epoch, first, readings } = message.data
  return { type: 'readings', epoch, first, items: readings.map(parseItem) }
}
