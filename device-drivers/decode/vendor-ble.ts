import { AND_WEIGHT, decodeAndWeight } from '../ble/and-scale.ts'
import { decodeOmronAdvertisement, decodeOmronName } from '../ble/omron-advertisement.ts'
import { decodeOmronRecord, decodeWlpFrame } from '../ble/omron-eeprom.ts'
import { decodePolarAdvertisement } from '../ble/polar.ts'
import { decodeXiaomiComposition, decodeXiaomiWeight } from '../broadcast/xiaomi.ts'
import type { Decoded } from '../driver.ts'

/** Packets of vendors who stay close to a SIG service, and of devices that only advertise. */
export const VENDOR_BLE_DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Decoded>> = {
  [`any ${AND_WEIGHT}`]: decodeAndWeight,
  'adv mfr 006B': decodePolarAdvertisement,
  'adv mfr 020E': decodeOmronAdvertisement,
  'adv local name': decodeOmronName,
  'Omron EEPROM HBF-702T 48-byte record': decodeOmronRecord,
  'Omron WLP *': decodeWlpFrame,
  '181D adv service data': decodeXiaomiWeight,
  '181B adv service data': decodeXiaomiComposition,
}
