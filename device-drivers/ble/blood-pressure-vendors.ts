import { bloodPressureDriver } from './blood-pressure.ts'
import { named } from './visit.ts'

/** Cuffs that speak 0x1810 as it is written, but want to be bonded in their own way. */

export const beurerBloodPressure = bloodPressureDriver({
  about: {
    id: 'beurer-blood-pressure',
    title: 'Beurer and Sanitas blood pressure monitor',
    vendor: 'Beurer',
    models: ['BM 54', 'BM 5x, 6x and 8x with Bluetooth', 'Sanitas SBM with Bluetooth'],
    userSlots: 'required',
    bonding: 'required',
    sources: ['Bluetooth SIG, Blood Pressure Service 1.1'],
    quirks: ['two user memories, told apart by the user of each record', 'clock in the Current Time service'],
  },
  match: named(/^((Beurer )?BM ?[568]\d|Sanitas SBM)/),
})

export const silvercrestBloodPressure = bloodPressureDriver({
  about: {
    id: 'silvercrest-blood-pressure',
    title: 'Silvercrest blood pressure monitor',
    vendor: 'Hans Dinslage',
    models: ['Silvercrest SBM69'],
    userSlots: 'required',
    storedRecords: 'sent-once',
    bonding: 'required',
    sources: ['github.com/ignisf/sbm69', 'derdilla/blood-pressure-monitor-fl, docs/bluetooth.md'],
    quirks: [
      'pairs with a passkey from its display',
      'values are plain whole numbers, which are SFLOATs with exponent 0 up to 2045',
      'sends its whole memory at each visit, then hangs up',
    ],
  },
  match: named(/^SBM69/),
})
