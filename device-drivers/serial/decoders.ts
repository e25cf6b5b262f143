import type { Decoded } from '../driver.ts'
import { decodeNew, decodeOld } from './contec-decode.ts'
import { decodeMasimo } from './masimo-decode.ts'
import { decodeDeviceTime, decodeFormat1 } from './nonin-decode.ts'
import { decodeFormat2, decodeFormat7 } from './nonin-pleth.ts'
import { decodeUltra2 } from './onetouch-ultra2-decode.ts'
import { decodeUltraMiniFrame } from './onetouch-ultramini-decode.ts'
import { decodeLungMonitor } from './vitalograph-decode.ts'

/** Decoders of packets on serial lines, by line and protocol. */
export const SERIAL_DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Decoded>> = {
  'SPP 9600 8N1 Nonin data format 1': (bytes) => decodeFormat1(bytes),
  'SPP 9600 8N1 Nonin data format 2': (bytes) => decodeFormat2(bytes),
  'SPP 9600 8N1 Nonin data format 7': (bytes) => decodeFormat7(bytes),
  'SPP F2 response': (bytes) => decodeDeviceTime(bytes).about,
  'SPP 9600? Lung Monitor 4000 frame': decodeLungMonitor,
  'serial 9600 8N1 Masimo ASCII line': (bytes) => decodeMasimo(bytes),
  'serial 9600 8N1 Ultra2 ASCII line': decodeUltra2,
  'serial 9600 8N1 UltraMini frame': decodeUltraMiniFrame,
  'serial 19200 8O1 Contec CMS50 old': (bytes) => decodeOld(bytes),
  'serial 115200 8N1 Contec CMS50 new': (bytes) => decodeNew(bytes),
}
