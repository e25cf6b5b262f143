import type { RawRecord, SerialDriver } from '../driver.ts'
import { decodeRecord, resultOf } from './record.ts'
import { talk } from './session.ts'

/**
 * Personal health devices that speak IEEE 11073-20601 over a byte stream: the serial port profile (RFCOMM), or a TCP
 * line to something that offers such a device.
 */
export const ieee11073: SerialDriver = {
  transport: 'serial',
  // An RFCOMM device has no baud rate; the number is there because a port wants one.
  settings: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
  about: {
    id: 'ieee11073',
    title: 'Personal health device (IEEE 11073-20601)',
    vendor: 'IEEE 11073',
    models: [
      'A&D UA-767PBT-C, UC-321PBT-C',
      'Nonin 9560',
      'oximeter, cuff, thermometer, scale or glucose meter, 20601',
    ],
    kinds: [
      'oxygen-saturation',
      'blood-pressure',
      'weight',
      'temperature',
      'glucose',
      'glucose-continuous',
      'body-composition',
    ],
    unitRule: 'flag',
    timeRule: 'device-time-optional',
    specialValues: 'special SFLOATs and FLOATs; infinities of a glucose meter are HI and LO; Measurement-Status',
    userSlots: 'optional',
    storedRecords: 'resent-until-deleted',
    commit: 'writes the result of the confirmed event report: the agent deletes what it reported',
    bonding: 'none',
    setsClock: true,
    evidence: 'captured from a device',
    sources: [
      'IEEE 11073-20601',
      'IEEE 11073-10404, -10407, -10408, -10415, -10417',
      'signove/antidote tests/resources/apdu',
      'silverbullet-dk/opentele-client-android continua',
    ],
    quirks: [
      'records of one report come unsorted and are yielded by time',
      'unit and layout come from the configuration, kept beside each record',
      'values without a time in unconfirmed reports become one reading when they are stable',
      'the clock is set only when the agent asks for it (mds-time-mgr-set-time)',
      'no persistent store (PM-store), no scanner is switched on',
      'captured: reports of A&D cuff and scale, association of a Nonin 9560; oximeter, thermometer, glucose by specification',
    ],
  },
  match: () => false,
  session: talk,
  decode: decodeRecord,
  async commit(link, record: RawRecord) {
    const result = resultOf(record)
    if (result !== undefined) await link.write(result)
  },
}
