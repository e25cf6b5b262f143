import type { Family } from './family.ts'
import { firstServices } from './first-services.ts'
import { ieee11073 } from './ieee11073.ts'
import { ownProtocols } from './own-protocols.ts'
import { serialLines } from './serial-lines.ts'
import { storedRecords } from './stored-records.ts'
import { vendorBle } from './vendor-ble.ts'

export const FAMILIES: readonly Family[] = [
  firstServices,
  ieee11073,
  ownProtocols,
  serialLines,
  storedRecords,
  vendorBle,
]

type Table = 'samples' | 'sources' | 'notYetSupported' | 'exceptions'

/** One table of all families. @throws where two families name the same key: the second would hide the first */
export function tableOf<Name extends Table>(name: Name): Family[Name] {
  const entries = FAMILIES.flatMap((family) => Object.entries(family[name]))
  const keys = entries.map(([key]) => key)
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) throw new Error(`two families name '${twice}' in ${name}`)
  return Object.fromEntries(entries) as Family[Name]
}
