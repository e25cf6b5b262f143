import type { DeviceState } from '../contract/messages.ts'
import { decimalOf } from './decimal.ts'
import type { Device, Reference } from './resources.ts'
import { DEVICE, HUB, MDC, UCUM } from './systems.ts'

/**
 * Devices and hubs as FHIR R4 Device resources, by opaque id: neither serial number nor address, which would lead to a
 * home. The prefixes are those of the PHD guide's examples; a device and a hub may have the same id.
 */

const PERSONAL_HEALTH_DEVICE = 'phd-'
const PERSONAL_HEALTH_GATEWAY = 'phg-'
/** MDC_MOC_VMS_MDS_AHD (IEEE 11073-10101): an aggregating hub (HL7/PHD, PhgDeviceProfile). */
const AGGREGATING_HUB = 531981
/** MDC_ID_PROD_SPEC_FW and MDC_ATTR_VAL_BATT_CHARGE (HL7/PHD, PhdDeviceProfile). */
const FIRMWARE = 531976
const BATTERY_CHARGE = 67996

export const deviceReference = (device: string): Reference => ({
  reference: `Device/${PERSONAL_HEALTH_DEVICE}${device}`,
  identifier: { system: DEVICE, value: device },
})

export const hubReference = (hub: string): Reference => ({
  reference: `Device/${PERSONAL_HEALTH_GATEWAY}${hub}`,
  identifier: { system: HUB, value: hub },
})

/** A registered device, and what it last said of itself. */
export interface KnownDevice {
  readonly id: string
  readonly hub: string
  readonly driver: string
  readonly state?: DeviceState
}

const mdc = (code: number, text: string) => ({ coding: [{ system: MDC, code: String(code) }], text })

export function deviceOf({ id, hub, state }: KnownDevice): Device {
  const { model, firmware, batteryPercent } = state ?? {}
  const charge = batteryPercent === undefined ? undefined : decimalOf(batteryPercent, 0)
  return {
    resourceType: 'Device',
    id: `${PERSONAL_HEALTH_DEVICE}${id}`,
    identifier: [{ system: DEVICE, value: id }],
    status: 'active',
    ...(model === undefined ? {} : { deviceName: [{ name: model, type: 'model-name' as const }], modelNumber: model }),
    ...(firmware === undefined ? {} : { version: [{ type: mdc(FIRMWARE, 'Firmware'), value: firmware }] }),
    ...(charge === undefined
      ? {}
      : {
          property: [
            {
              type: mdc(BATTERY_CHARGE, 'Battery charge'),
              valueQuantity: [{ value: charge, unit: '%', system: UCUM, code: '%' }],
            },
          ],
        }),
    parent: hubReference(hub),
  }
}

export function hubOf(hub: string): Device {
  return {
    resourceType: 'Device',
    id: `${PERSONAL_HEALTH_GATEWAY}${hub}`,
    identifier: [{ system: HUB, value: hub }],
    status: 'active',
    type: mdc(AGGREGATING_HUB, 'Home hub'),
  }
}
