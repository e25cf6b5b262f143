import type { Status } from '../reading.ts'

/** Sensor Status Annunciation of 0x2AA7 and 0x2AA9 (CGMS 1.0.1, 3.1.1.5), in the order of its octets on air. */
export const ANNUNCIATION_BITS = {
  status: {
    'Session stopped': 0,
    'Device battery low': 1,
    'Sensor type incorrect for device': 2,
    'Sensor malfunction': 3,
    'Device specific alert': 4,
    'General device fault has occurred in the sensor': 5,
  },
  calTemp: {
    'Time synchronization between sensor and collector required': 0,
    'Calibration not allowed': 1,
    'Calibration recommended': 2,
    'Calibration required': 3,
    'Sensor temperature too high for valid test/result at time of measurement': 4,
    'Sensor temperature too low for valid test/result at time of measurement': 5,
  },
  warning: {
    'Sensor result lower than the Patient Low level': 0,
    'Sensor result higher than the Patient High level': 1,
    'Sensor result lower than the Hypo level': 2,
    'Sensor result higher than the Hyper level': 3,
    'Sensor Rate of Decrease exceeded': 4,
    'Sensor Rate of Increase exceeded': 5,
    'Sensor result lower than the device can process': 6,
    'Sensor result higher than the device can process': 7,
  },
} as const

type StatusBit = keyof typeof ANNUNCIATION_BITS.status
type CalTempBit = keyof typeof ANNUNCIATION_BITS.calTemp

/** What speaks about the value. The sensor's own alarm levels are not ours: limits are the broker's. */
export const ANNUNCIATION_MEANING: Partial<Readonly<Record<StatusBit | CalTempBit, Status>>> = {
  'Session stopped': 'sensor-off',
  'Device battery low': 'battery-low',
  'Sensor type incorrect for device': 'sensor-fault',
  'Sensor malfunction': 'sensor-fault',
  'General device fault has occurred in the sensor': 'device-fault',
  'Time synchronization between sensor and collector required': 'time-fault',
  'Calibration required': 'questionable',
  'Sensor temperature too high for valid test/result at time of measurement': 'temperature-out-of-range',
  'Sensor temperature too low for valid test/result at time of measurement': 'temperature-out-of-range',
}
