import { ATTRIBUTE } from './attributes.ts'
import type { ConfigObject, Configuration, ValueMap } from './configuration.ts'

/**
 * Standard configurations of the device specializations (IEEE 11073-10404, -10407, -10408, -10415, -10417): known
 * without asking the agent.
 */

const TIME = { attribute: ATTRIBUTE.absoluteTimeStamp, length: 8 }
const BASIC: ValueMap = [{ attribute: ATTRIBUTE.basicNuObservedValue, length: 2 }]
const BASIC_AND_TIME: ValueMap = [...BASIC, TIME]
const SIMPLE_AND_TIME: ValueMap = [{ attribute: ATTRIBUTE.simpleNuObservedValue, length: 4 }, TIME]
/** Count, length and three SFLOATs. */
const PRESSURES_AND_TIME: ValueMap = [{ attribute: ATTRIBUTE.compoundBasicNuObservedValue, length: 10 }, TIME]

const object = (handle: number, code: number, unitCode: number, ...valueMaps: ValueMap[]): ConfigObject => ({
  handle,
  code,
  unitCode,
  valueMaps,
  supplementalTypes: [],
  scans: [],
  bytes: new Uint8Array(),
})

const configuration = (id: number, ...objects: ConfigObject[]): [number, Configuration] => [
  id,
  { id, objects: new Map(objects.map((o) => [o.handle, o])) },
]

/** Oximeters send values with and without a time stamp under both of their standard configurations. */
const OXIMETER = [
  object(1, 19384, 0x0220, BASIC_AND_TIME, BASIC),
  object(10, 18458, 0x0aa0, BASIC_AND_TIME, BASIC),
] as const

export const STANDARD_CONFIGURATIONS: ReadonlyMap<number, Configuration> = new Map([
  configuration(0x0190, ...OXIMETER),
  configuration(0x0191, ...OXIMETER),
  configuration(0x02bc, object(1, 18948, 0x0f20, PRESSURES_AND_TIME), object(2, 18474, 0x0aa0, BASIC_AND_TIME)),
  configuration(0x0320, object(1, 19292, 0x17a0, SIMPLE_AND_TIME)),
  configuration(
    0x05dc,
    object(1, 57664, 0x06c3, SIMPLE_AND_TIME),
    object(2, 57668, 0x0511, SIMPLE_AND_TIME),
    object(3, 57680, 0x07a0, SIMPLE_AND_TIME),
  ),
  configuration(0x06a4, object(1, 29112, 0x0852, BASIC_AND_TIME)),
])

export const standardConfiguration = (id: number): Configuration | undefined => STANDARD_CONFIGURATIONS.get(id)
