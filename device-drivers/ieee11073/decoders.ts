import type { Decoded } from '../driver.ts'
import { decodeAbsoluteTime, decodeApdu, decodeBaseOffsetTime, decodePrst } from './decode-apdu.ts'

/** For the decode command: '20601' takes any APDU, whatever it is called; '20601 HDP/SPP' a PRST without its header. */
export const IEEE_11073_DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Decoded>> = {
  '20601 AbsoluteTime BCD': decodeAbsoluteTime,
  '20601 BaseOffsetTime': decodeBaseOffsetTime,
  '20601 *': decodeApdu,
  '20601 HDP/SPP *': decodePrst,
}
