import type { Status } from '../reading.ts'

/** Status bits of the Pulse Oximeter Service 0x1822 (PLXS 1.0, 3.1.1.5 and 3.1.1.6) and what they mean to a reading. */

export const MEASUREMENT_STATUS_BITS = {
  'Measurement Ongoing': 5,
  'Early Estimated Data': 6,
  'Validated Data': 7,
  'Fully Qualified Data': 8,
  'Data from Measurement Storage': 9,
  'Data for Demonstration': 10,
  'Data for Testing': 11,
  'Calibration Ongoing': 12,
  'Measurement Unavailable': 13,
  'Questionable Measurement Detected': 14,
  'Invalid Measurement Detected': 15,
} as const
export type MeasurementStatusBit = keyof typeof MEASUREMENT_STATUS_BITS

export const MEASUREMENT_MEANING: Partial<Readonly<Record<MeasurementStatusBit, Status>>> = {
  'Early Estimated Data': 'early-estimate',
  'Data from Measurement Storage': 'from-storage',
  'Data for Demonstration': 'demonstration',
  'Data for Testing': 'test',
  'Calibration Ongoing': 'questionable',
  'Measurement Unavailable': 'invalid',
  'Questionable Measurement Detected': 'questionable',
  'Invalid Measurement Detected': 'invalid',
}

export const SENSOR_STATUS_BITS = {
  'Extended Display Update Ongoing': 0,
  'Equipment Malfunction Detected': 1,
  'Signal Processing Irregularity Detected': 2,
  'Inadequate Signal Detected': 3,
  'Poor Signal Detected': 4,
  'Low Perfusion Detected': 5,
  'Erratic Signal Detected': 6,
  'Nonpulsatile Signal Detected': 7,
  'Questionable Pulse Detected': 8,
  'Signal Analysis Ongoing': 9,
  'Sensor Interference Detected': 10,
  'Sensor Unconnected to User': 11,
  'Unknown Sensor Connected': 12,
  'Sensor Displaced': 13,
  'Sensor Malfunctioning': 14,
  'Sensor Disconnected': 15,
} as const
export type SensorStatusBit = keyof typeof SENSOR_STATUS_BITS

export const SENSOR_MEANING: Partial<Readonly<Record<SensorStatusBit, Status>>> = {
  'Equipment Malfunction Detected': 'device-fault',
  'Signal Processing Irregularity Detected': 'poor-signal',
  'Inadequate Signal Detected': 'poor-signal',
  'Poor Signal Detected': 'poor-signal',
  'Low Perfusion Detected': 'low-perfusion',
  'Erratic Signal Detected': 'poor-signal',
  'Nonpulsatile Signal Detected': 'poor-signal',
  'Questionable Pulse Detected': 'questionable',
  'Sensor Interference Detected': 'poor-signal',
  'Sensor Unconnected to User': 'sensor-off',
  'Unknown Sensor Connected': 'sensor-fault',
  'Sensor Displaced': 'improper-position',
  'Sensor Malfunctioning': 'sensor-fault',
  'Sensor Disconnected': 'sensor-off',
}
