import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import {
  type CommissioningReport,
  commissioningReportSchema,
  type SignedReport,
} from '../../broker/contract/installation.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { Step, VisitRecord } from './record.ts'

/** The commissioning report: made of what was seen, signed with the hub's own key. Pure. */

/** ECDSA P-256 over SHA-256, 64 bytes (IEEE P1363): the key of the hub's certificate. */
const SIGNATURE = { dsaEncoding: 'ieee-p1363' } as const

export interface ReportFacts {
  readonly hub: string
  readonly software: string
  readonly machine?: string
  /** ISO 8601 UTC. */
  readonly finishedAt: string
}

/** Steps that stand between a visit and its report, in the order of the kit. */
export function unfinished(record: VisitRecord): Step[] {
  return record.steps.filter(({ state }) => state !== 'confirmed' && state !== 'skipped')
}

/** @throws PreCareError 'visit-refused' when a device is neither confirmed nor skipped, or its test is not receipted */
export function reportOf(record: VisitRecord, facts: ReportFacts): CommissioningReport {
  const { installation } = record
  const missing = unfinished(record).map(({ id }) => id)
  if (installation === undefined) throw new PreCareError('visit-refused', 'no installation was fetched yet')
  if (missing.length > 0)
    throw new PreCareError('visit-refused', `not confirmed and not skipped: ${missing.join(', ')}`)
  const confirmed = record.steps.filter(({ state }) => state === 'confirmed')
  const unproven = confirmed.filter(({ uplinkMs }) => uplinkMs === undefined).map(({ id }) => id)
  if (unproven.length > 0) {
    throw new PreCareError('uplink-lost', `no receipt yet for the test measurement of ${unproven.join(', ')}`)
  }
  return commissioningReportSchema.parse({
    visit: record.visit,
    installation: installation.installation,
    hub: facts.hub,
    revision: installation.revision,
    startedAt: record.startedAt,
    finishedAt: facts.finishedAt,
    software: facts.software,
    ...(facts.machine === undefined ? {} : { machine: machineDigest(facts.machine) }),
    uplinkMs: Math.max(0, ...confirmed.map(({ uplinkMs }) => uplinkMs ?? 0)),
    devices: confirmed.map(deviceOf),
    skipped: record.steps.flatMap(({ id, skipped }) => (skipped === undefined ? [] : [{ id, reason: skipped }])),
    ...(record.removed === undefined ? {} : { removed: record.removed }),
  })
}

function deviceOf(step: Step): CommissioningReport['devices'][number] {
  const { test } = step
  if (test?.confirmedAt === undefined) throw new PreCareError('visit-refused', `${step.id} has no confirmed test`)
  const { id, driver, model, serial, firmware, batteryPercent, signalDbm, clockOffsetMs, clockSet, slots } = step
  const told = { model, serial, firmware, batteryPercent, signalDbm, clockOffsetMs, clockSet, slots }
  const present = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
  return { id, driver, ...present, test: { ...test, confirmedAt: test.confirmedAt } }
}

/** Tells two machines apart without carrying a number that other software uses as a secret (machine-id(5)). */
function machineDigest(machine: string): string {
  return createHash('sha256').update(`precare-hub|${machine}`).digest('hex').slice(0, 16)
}

/** @param text of a report @param key the hub's private key, P-256 */
export function signText(text: string, key: KeyObject): SignedReport {
  return { text, signature: sign('sha256', Buffer.from(text), { key, ...SIGNATURE }).toString('base64') }
}

/** True when the text was signed with the private half of this key. @param publicKey PEM */
export function isSignedBy(signed: SignedReport, publicKey: string): boolean {
  const key = { key: createPublicKey(publicKey), ...SIGNATURE }
  return verify('sha256', Buffer.from(signed.text), key, Buffer.from(signed.signature, 'base64'))
}
