import { glucoseDriver } from './glucose.ts'
import { named } from './visit.ts'

/** Roche Accu-Chek Guide and Instant: the Glucose Service, with the clock as Date Time 0x2A08 inside it. */
export const accuChek = glucoseDriver({
  about: {
    id: 'accu-chek',
    title: 'Glucose meter Accu-Chek',
    vendor: 'Roche',
    models: ['Accu-Chek Guide', 'Accu-Chek Instant'],
    sources: [
      'recording in innoveit/react-native-ble-manager#1162',
      'NightscoutFoundation/xDrip, BluetoothGlucoseMeter',
    ],
    quirks: [
      'pairs with the six digits on its label',
      'its clock is in the glucose service, there is no Current Time service',
      'hangs up when its records are not asked for soon: identity is read after them',
    ],
  },
  match: named(/^meter\+/i),
})
