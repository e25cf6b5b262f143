import type { Kind, Site, Status } from '../reading.ts'

/**
 * Nomenclature of IEEE 11073-10101 as personal health devices use it: attributes (partition 1), units (partition 4),
 * metrics (partition 2). The numbers are those of signove/antidote's nomenclature.h and of the vectors.
 */

export const ATTRIBUTE = {
  confirmMode: 0x0913,
  labelString: 0x0927,
  systemModel: 0x0928,
  productionSpecification: 0x092d,
  type: 0x092f,
  measurementStatus: 0x0947,
  compoundNuObservedValue: 0x094b,
  nuObservedValue: 0x0950,
  operationalState: 0x0953,
  powerStatus: 0x0955,
  systemId: 0x0984,
  dateAndTime: 0x0987,
  absoluteTimeStamp: 0x0990,
  unitCode: 0x0996,
  unitLabelString: 0x0999,
  batteryLevel: 0x099c,
  devConfigId: 0x0a44,
  mdsTimeInfo: 0x0a45,
  metricSpecSmall: 0x0a46,
  regCertDataList: 0x0a4b,
  basicNuObservedValue: 0x0a4c,
  scanHandleAttrValMap: 0x0a53,
  attributeValueMap: 0x0a55,
  simpleNuObservedValue: 0x0a56,
  systemTypeSpecList: 0x0a5a,
  supplementalTypes: 0x0a61,
  metricStructureSmall: 0x0a73,
  compoundSimpleNuObservedValue: 0x0a74,
  compoundBasicNuObservedValue: 0x0a75,
  metricIdList: 0x0a76,
  baseOffsetTime: 0x0a81,
  baseOffsetTimeStamp: 0x0a82,
} as const

const ATTRIBUTE_NAMES: Readonly<Record<number, string>> = {
  [ATTRIBUTE.confirmMode]: 'Confirm-Mode',
  [ATTRIBUTE.labelString]: 'Label-String',
  [ATTRIBUTE.systemModel]: 'System-Model',
  [ATTRIBUTE.productionSpecification]: 'Production-Specification',
  [ATTRIBUTE.type]: 'Type',
  [ATTRIBUTE.measurementStatus]: 'Measurement-Status',
  [ATTRIBUTE.compoundNuObservedValue]: 'Compound-Nu-Observed-Value',
  [ATTRIBUTE.nuObservedValue]: 'Nu-Observed-Value',
  [ATTRIBUTE.operationalState]: 'Operational-State',
  [ATTRIBUTE.powerStatus]: 'Power-Status',
  [ATTRIBUTE.systemId]: 'System-Id',
  [ATTRIBUTE.dateAndTime]: 'Date-and-Time',
  [ATTRIBUTE.absoluteTimeStamp]: 'Absolute-Time-Stamp',
  [ATTRIBUTE.unitCode]: 'Unit-Code',
  [ATTRIBUTE.unitLabelString]: 'Unit-LabelString',
  [ATTRIBUTE.batteryLevel]: 'Battery-Level',
  [ATTRIBUTE.devConfigId]: 'Dev-Configuration-Id',
  [ATTRIBUTE.mdsTimeInfo]: 'Mds-Time-Info',
  [ATTRIBUTE.metricSpecSmall]: 'Metric-Spec-Small',
  [ATTRIBUTE.regCertDataList]: 'Reg-Cert-Data-List',
  [ATTRIBUTE.basicNuObservedValue]: 'Basic-Nu-Observed-Value',
  [ATTRIBUTE.scanHandleAttrValMap]: 'Scan-Handle-Attr-Val-Map',
  [ATTRIBUTE.attributeValueMap]: 'Attribute-Value-Map',
  [ATTRIBUTE.simpleNuObservedValue]: 'Simple-Nu-Observed-Value',
  [ATTRIBUTE.systemTypeSpecList]: 'System-Type-Spec-List',
  [ATTRIBUTE.supplementalTypes]: 'Supplemental-Types',
  [ATTRIBUTE.metricStructureSmall]: 'Metric-Structure-Small',
  [ATTRIBUTE.compoundSimpleNuObservedValue]: 'Compound-Simple-Nu-Observed-Value',
  [ATTRIBUTE.compoundBasicNuObservedValue]: 'Compound-Basic-Nu-Observed-Value',
  [ATTRIBUTE.metricIdList]: 'Metric-Id-List',
  [ATTRIBUTE.baseOffsetTime]: 'Base-Offset-Time',
  [ATTRIBUTE.baseOffsetTimeStamp]: 'Base-Offset-Time-Stamp',
}

export const hex16 = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(4, '0')}`

/** Name of an attribute in IEEE 11073-20601, or its number. */
export const attributeName = (id: number): string => ATTRIBUTE_NAMES[id] ?? `Attribute ${hex16(id)}`

/** UCUM by unit code (partition 4). */
const UNITS: Readonly<Record<number, string>> = {
  544: '%',
  1280: 'm',
  1297: 'cm',
  1376: '[in_i]',
  1731: 'kg',
  1760: '[lb_av]',
  1952: 'kg/m2',
  2130: 'mg/dL',
  2720: '/min',
  3843: 'kPa',
  3872: 'mm[Hg]',
  4416: '[degF]',
  4722: 'mmol/L',
  6048: 'Cel',
}

/** UCUM of a unit code; undefined for one that no quantity of the house is measured in. */
export const unitOf = (code: number): string | undefined => UNITS[code]

/** What a metric (partition 2) is in the house's terms. */
export interface Metric {
  readonly name: string
  readonly kind: Kind
  readonly quantity: string
  /** UCUM, as readings carry it. */
  readonly unit: string
  readonly site?: Site
  readonly status?: Status
}

const glucose = (name: string, status?: Status): Metric => ({
  name,
  kind: 'glucose',
  quantity: 'glucose',
  unit: 'mmol/L',
  ...(status && { status }),
})

const temperature = (name: string, site?: Site): Metric => ({
  name,
  kind: 'temperature',
  quantity: 'bodyTemperature',
  unit: 'Cel',
  ...(site && { site }),
})

const metric = (name: string, kind: Kind, quantity: string, unit: string): Metric => ({ name, kind, quantity, unit })

/** Compound: its components are in the Metric-Id-List, or by default the three pressures (IEEE 11073-10407). */
export const BLOOD_PRESSURE = 18948
export const BLOOD_PRESSURE_COMPONENTS: readonly number[] = [18949, 18950, 18951]

/** Value of MDC_ATTR_ID_TYPE for the fast response of an oximeter, as Supplemental-Types names it. */
export const MODALITY_FAST = 19508

const METRICS: Readonly<Record<number, Metric>> = {
  18458: metric('MDC_PULS_OXIM_PULS_RATE', 'oxygen-saturation', 'pulseRate', '/min'),
  18474: metric('MDC_PULS_RATE_NON_INV', 'blood-pressure', 'pulseRate', '/min'),
  18949: metric('MDC_PRESS_BLD_NONINV_SYS', 'blood-pressure', 'systolic', 'mm[Hg]'),
  18950: metric('MDC_PRESS_BLD_NONINV_DIA', 'blood-pressure', 'diastolic', 'mm[Hg]'),
  18951: metric('MDC_PRESS_BLD_NONINV_MEAN', 'blood-pressure', 'meanArterial', 'mm[Hg]'),
  19292: temperature('MDC_TEMP_BODY'),
  19320: temperature('MDC_TEMP_TYMP', 'tympanum'),
  19376: metric('MDC_PULS_OXIM_PERF_REL', 'oxygen-saturation', 'perfusionIndex', '%'),
  19384: metric('MDC_PULS_OXIM_SAT_O2', 'oxygen-saturation', 'oxygenSaturation', '%'),
  29112: glucose('MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD'),
  29116: glucose('MDC_CONC_GLU_CAPILLARY_PLASMA'),
  29120: glucose('MDC_CONC_GLU_VENOUS_WHOLEBLOOD'),
  29124: glucose('MDC_CONC_GLU_VENOUS_PLASMA'),
  29128: glucose('MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD'),
  29132: glucose('MDC_CONC_GLU_ARTERIAL_PLASMA'),
  29136: glucose('MDC_CONC_GLU_CONTROL', 'control-solution'),
  29140: metric('MDC_CONC_GLU_ISF', 'glucose-continuous', 'glucose', 'mmol/L'),
  57348: temperature('MDC_TEMP_RECT', 'rectum'),
  57352: temperature('MDC_TEMP_ORAL', 'mouth'),
  57356: temperature('MDC_TEMP_EAR', 'ear'),
  57360: temperature('MDC_TEMP_FINGER', 'finger'),
  57376: temperature('MDC_TEMP_TOE', 'toe'),
  57380: temperature('MDC_TEMP_AXILLA', 'armpit'),
  57384: temperature('MDC_TEMP_GIT', 'gastro-intestinal'),
  57664: metric('MDC_MASS_BODY_ACTUAL', 'weight', 'weight', 'kg'),
  57668: metric('MDC_LEN_BODY_ACTUAL', 'weight', 'height', 'cm'),
  57676: metric('MDC_BODY_FAT', 'body-composition', 'bodyFat', '%'),
  57680: metric('MDC_RATIO_MASS_BODY_LEN_SQ', 'weight', 'bmi', 'kg/m2'),
}

/** @param code of partition 2 (MDC_PART_SCADA) */
export const metricOf = (code: number): Metric | undefined => METRICS[code]

/** The partition of the metrics above. */
export const PARTITION_SCADA = 2

const PROFILES: Readonly<Record<number, string>> = {
  4100: 'pulse oximeter',
  4103: 'blood pressure monitor',
  4104: 'thermometer',
  4111: 'weighing scale',
  4113: 'glucose meter',
}

/** Device specialization (partition 8), for people. */
export const profileName = (code: number): string => PROFILES[code] ?? 'unknown specialization'
