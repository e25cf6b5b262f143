import { decodeBloodPressureFeature } from '../ble/blood-pressure.ts'
import { decodeBodyComposition, decodeBodyCompositionFeature } from '../ble/body-composition-measurement.ts'
import { decodeCgmNotification } from '../ble/cgm-measurement.ts'
import { decodeCgmFeature, decodeCgmStatus, decodeSessionRunTime, decodeSessionStart } from '../ble/cgm-session.ts'
import { decodeLocalTimeInformation, decodeReferenceTimeInformation } from '../ble/device-clock-zone.ts'
import { decodeGlucoseContext } from '../ble/glucose-context.ts'
import { decodeGlucose, decodeGlucoseFeature } from '../ble/glucose-measurement.ts'
import { decodePnpId, decodeRegulatoryData } from '../ble/identity.ts'
import { decodeDatabaseChangeIncrement, decodeUserControlPoint, decodeUserIndex } from '../ble/user-data.ts'
import type { Decoded } from '../driver.ts'
import { decodeAnswer, decodeRecordAccess } from '../gatt/record-access.ts'

/** Glucose, continuous glucose, body composition, user data, and what other services say about themselves. */
export const STORED_RECORD_DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Decoded>> = {
  '1805 2A0F': decodeLocalTimeInformation,
  '1805 2A14': decodeReferenceTimeInformation,
  '1808 2A18': decodeGlucose,
  '1808 2A34': decodeGlucoseContext,
  '1808 2A51': decodeGlucoseFeature,
  '1808 2A52': decodeAnswer,
  '180A 2A2A': decodeRegulatoryData,
  '180A 2A50': decodePnpId,
  '1810 2A49': decodeBloodPressureFeature,
  '1810 2A52': decodeRecordAccess,
  '181B 2A9B': decodeBodyCompositionFeature,
  '181B 2A9C': (bytes) => decodeBodyComposition([bytes]),
  '181C 2A99': decodeDatabaseChangeIncrement,
  '181C 2A9A': decodeUserIndex,
  '181C 2A9F': decodeUserControlPoint,
  '181F 2A52': decodeAnswer,
  '181F 2AA7': decodeCgmNotification,
  '181F 2AA8': decodeCgmFeature,
  '181F 2AA9': decodeCgmStatus,
  '181F 2AAA': decodeSessionStart,
  '181F 2AAB': decodeSessionRunTime,
  '1822 2A52': decodeAnswer,
}
