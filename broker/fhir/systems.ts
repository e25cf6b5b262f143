/** Names of code systems and identifier systems, as the publishers write them; those of the house are URNs. */

export const MDC = 'urn:iso:std:iso:11073:10101'
export const LOINC = 'http://loinc.org'
export const UCUM = 'http://unitsofmeasure.org'
/** NPU and its Danish addition DNK. */
export const NPU = 'urn:oid:1.2.208.176.2.1'
export const MEDCOM_MCS = 'urn:oid:1.2.208.184.100.8'
export const OBSERVATION_CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
export const DATA_ABSENT_REASON = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'
export const V3_INTERPRETATION = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
export const V3_ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
/** HL7/PHD, BaseObservationProfile, measurement status. */
export const MEASUREMENT_STATUS = 'http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status'
export const GATEWAY_DEVICE = 'http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice'

export const CITIZEN = 'urn:precare:citizen'
export const READING = 'urn:precare:reading'
export const DEVICE = 'urn:precare:device'
export const HUB = 'urn:precare:hub'
/** For quantities that no published system has a code for. */
export const QUANTITY = 'urn:precare:quantity'
export const STATUS = 'urn:precare:status'
export const ORIGIN = 'urn:precare:origin'
/** Tag on what comes by topic: its place in the organisation's feed. */
export const FEED_CURSOR = 'urn:precare:feed-cursor'
