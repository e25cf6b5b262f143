import type { BleDriver, GattLink, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import { rejected } from '../rejected.ts'
import { bloodPressureDriver } from './blood-pressure.ts'
import { thermometerDriver } from './thermometer.ts'
import { named } from './visit.ts'

/**
 * A&D Medical. Their devices hand out nothing before they were told the time in this visit, send what they have not yet
 * sent, and hang up.
 */

/** A&D's own service: commands of [length, 0 to ask or 1 to order, code, argument...]. */
export const AND_SERVICE = '233BF0005A341B6D975C000D5690ABE4'
export const AND_COMMAND = '233BF0015A341B6D975C000D5690ABE4'
/** Asks for every stored record, also those already sent. */
export const SEND_ALL = Uint8Array.of(0x02, 0x00, 0xe1)

/** With option `sendAll` the device gives everything once more; what is here already is recognised by its id. */
export async function* sendAll(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  if (visit.options['sendAll'] !== true || !link.has(AND_SERVICE, AND_COMMAND)) return
  try {
    await link.write(AND_SERVICE, AND_COMMAND, SEND_ALL)
  } catch (error) {
    // What it has not sent yet comes all the same.
    if (!isPreCareError(error) || error.retry === 'transient') throw error
    yield rejected(AND_COMMAND, SEND_ALL, error)
  }
}

/** What all A&D devices have in common, over what their SIG service says. */
export const AND = {
  vendor: 'A&D Medical',
  bonding: 'required',
  sources: ['github.com/obniz/obniz, src/parts/Ble', 'github.com/weliem/LivecareBluetoothSDK'],
} as const

/** Common to all. */
export const AND_QUIRKS: readonly string[] = [
  'sends nothing before its clock was written in the same visit, then unsent records only, then hangs up',
  "option 'sendAll' asks for all records again",
]

export const andBloodPressure: BleDriver = bloodPressureDriver({
  about: {
    ...AND,
    id: 'and-blood-pressure',
    title: 'A&D blood pressure monitor',
    models: ['UA-651BLE', 'UA-1200BLE'],
    quirks: [
      ...AND_QUIRKS,
      'UA-1200BLE keeps its clock in the Current Time service; in cooperation mode it connects without data',
    ],
  },
  match: named(/^(A&D_)?UA-(651|1200)BLE/),
  beforeSubscribe: sendAll,
})

export const andThermometer: BleDriver = thermometerDriver({
  about: { ...AND, id: 'and-thermometer', title: 'A&D ear thermometer', models: ['UT-201BLE'], quirks: AND_QUIRKS },
  match: named(/^A&D_UT-?201BLE/),
  beforeSubscribe: sendAll,
})
