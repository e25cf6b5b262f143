import { createHash, createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { Audit } from '../audit/entry.ts'
import {
  type CommissioningReport,
  commissioningReportSchema,
  type Installation,
  type SignedReport,
} from '../contract/installation.ts'
import { applyRegistry } from '../registry.ts'
import { documentError, type Problem } from '../registry-document.ts'
import type { Journal } from '../store/journal.ts'
import { citizensOf, endedBy, type OpenAssignment, ownersOf, takenDevices } from './kit-change.ts'
import { type InstallationWish, parsedWish, wishSchema } from './wish.ts'

/**
 * Installations: what the clinic wants to stand in a home, and the signed proof that it does. A device becomes the
 * citizen's at the moment its test measurement was confirmed, not before: what it says until then is nobody's.
 */

export interface InstallationState {
  readonly wish: InstallationWish
  readonly revision: number
  /** registered: not yet proven as it now is. commissioned: proven. ended: taken back. */
  readonly state: 'registered' | 'commissioned' | 'ended'
}

export interface StoredReport {
  readonly report: CommissioningReport
  readonly signed: SignedReport
  readonly receivedAt: string
  /** SHA-256 of the public key that signed, hex. */
  readonly key: string
}

export interface Installations {
  /** Registers an installation, or changes it; nothing changes when it is the same. @returns the revision that holds */
  register(input: unknown, by: string): { readonly installation: string; readonly revision: number }
  /** What the hub itself may know of its installation. @throws PreCareError 'access-denied' when there is none */
  kitOf(hub: string): Installation
  /**
   * Takes a report into the record, and makes the devices the citizen's. Again the same: nothing changes.
   * @param publicKey PEM of the key that the hub proved to hold when it connected
   * @throws PreCareError 'access-denied', 'payload-malformed'
   */
  accept(hub: string, signed: SignedReport, publicKey: string): CommissioningReport
  /** Ends the assignments of an installation's devices now. */
  end(installation: string, by: string): void
  state(installation: string): InstallationState | undefined
  list(): readonly InstallationState[]
  reports(installation: string): readonly StoredReport[]
}

export interface InstallationsParts {
  readonly journal: Journal
  readonly audit: Audit
  /** ISO 8601 UTC. */
  readonly now: () => string
}

/** Devices say whole seconds: what is measured in the second of the confirmation comes after it. */
const wholeSecond = (at: string): string => `${at.slice(0, 19)}.000Z`

export function openInstallations({ journal, audit, now }: InstallationsParts): Installations {
  const sql = (text: string) => journal.database.prepare(text)
  const select = sql('SELECT wish, revision, state FROM installations WHERE id = ?')
  const selectOfHub = sql(`SELECT wish, revision, state FROM installations WHERE hub = ? AND state <> 'ended'`)
  const selectAll = sql('SELECT wish, revision, state FROM installations ORDER BY id')
  const upsert = sql(
    `INSERT INTO installations (id, hub, wish, revision, state, changed_at) VALUES (?, ?, ?, ?, 'registered', ?)
     ON CONFLICT DO UPDATE SET hub = excluded.hub, wish = excluded.wish, revision = excluded.revision,
       state = 'registered', changed_at = excluded.changed_at`,
  )
  const updateState = sql('UPDATE installations SET state = ?, changed_at = ? WHERE id = ?')
  const insertReport = sql(
    `INSERT INTO commissioning_reports (visit, installation, text, signature, public_key, received_at)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const selectReports = sql(
    'SELECT text, signature, public_key, received_at FROM commissioning_reports WHERE installation = ? ORDER BY received_at',
  )
  const selectText = sql('SELECT text FROM commissioning_reports WHERE visit = ?')
  const selectOpen = sql('SELECT device, slot, from_at, citizen FROM assignments WHERE device = ? AND to_at IS NULL')
  const selectLastEnd = sql('SELECT MAX(to_at) AS last FROM assignments WHERE device = ?')
  const openOf = (device: string): OpenAssignment[] =>
    selectOpen.all(device).map((row) => ({
      device,
      slot: Number(row['slot']),
      from: String(row['from_at']),
      citizen: String(row['citizen']),
    }))

  const stateOf = (row: Record<string, unknown> | undefined): InstallationState | undefined =>
    row === undefined
      ? undefined
      : {
          wish: wishSchema.parse(JSON.parse(String(row['wish']))),
          revision: Number(row['revision']),
          state: z.enum(['registered', 'commissioned', 'ended']).parse(row['state']),
        }

  function required(installation: string): InstallationState {
    const found = stateOf(select.get(installation))
    if (found === undefined) throw new PreCareError('config-invalid', `installation: ${installation} is not registered`)
    return found
  }

  function problemsOf(wish: InstallationWish, ended: readonly OpenAssignment[]): Problem[] {
    const other = stateOf(selectOfHub.get(wish.hub))
    const taken: Problem[] =
      other === undefined || other.wish.installation === wish.installation
        ? []
        : [{ path: 'hub', remedy: `stands in ${other.wish.installation}; take that back first` }]
    const seen = new Set<string>()
    const twice = wish.devices.flatMap(({ id }, index): Problem[] => {
      if (!seen.has(id)) {
        seen.add(id)
        return []
      }
      return [{ path: `devices.${index}.id`, remedy: 'is in the kit twice; give each device its own id' }]
    })
    const elsewhere = takenDevices(wish, ended, openOf).map(
      (index): Problem => ({
        path: `devices.${index}.id`,
        remedy: 'is assigned to somebody else; take it back there first',
      }),
    )
    return [...taken, ...twice, ...elsewhere]
  }

  function assign(wish: InstallationWish, report: CommissioningReport): void {
    const proven = new Map(report.devices.map((device) => [device.id, device]))
    const devices = wish.devices.filter(({ id }) => proven.has(id))
    const assignments = devices.flatMap((device) => {
      const open = openOf(device.id)
      const confirmedAt = wholeSecond(proven.get(device.id)?.test.confirmedAt ?? report.finishedAt)
      // What was ended stays ended, also for a proof that is older than the change of the kit.
      const last = selectLastEnd.get(device.id)?.['last']
      const from = typeof last === 'string' && last > confirmedAt ? last : confirmedAt
      return ownersOf(wish, device).flatMap(({ slot, citizen }) => {
        if (open.some((row) => row.citizen === citizen && row.slot === slot)) return []
        return [{ device: device.id, citizen, from, ...(slot < 0 ? {} : { slot }) }]
      })
    })
    applyRegistry(journal, {
      hubs: [{ id: wish.hub }],
      devices: devices.map(({ id, driver: of }) => ({ id, hub: wish.hub, driver: of })),
      assignments,
    })
  }

  function endAssignments(open: readonly OpenAssignment[], at: string): void {
    const assignments = open.map(({ device, slot, from, citizen }) => ({
      ...{ device, citizen, from, to: at },
      ...(slot < 0 ? {} : { slot }),
    }))
    if (assignments.length > 0) applyRegistry(journal, { assignments })
  }

  return {
    register(input, by) {
      const wish = parsedWish(input)
      return journal.transaction(() => {
        const before = stateOf(select.get(wish.installation))
        const { installation } = wish
        if (before !== undefined && before.state !== 'ended' && JSON.stringify(before.wish) === JSON.stringify(wish)) {
          return { installation, revision: before.revision }
        }
        const ended = endedBy(before?.wish, wish, openOf)
        const problems = problemsOf(wish, ended)
        if (problems.length > 0) throw documentError(problems)
        const revision = (before?.revision ?? 0) + 1
        upsert.run(installation, wish.hub, JSON.stringify(wish), revision, now())
        endAssignments(ended, now())
        applyRegistry(journal, { citizens: citizensOf(wish).map((id) => ({ id })), hubs: [{ id: wish.hub }] })
        audit({
          actor: { type: 'user', id: by },
          action: 'installation.register',
          citizen: wish.citizen,
          subject: `${installation}:${revision}`,
        })
        return { installation, revision }
      })
    },
    kitOf(hub) {
      const found = stateOf(selectOfHub.get(hub))
      if (found === undefined) throw new PreCareError('access-denied', 'no installation is registered for this hub')
      const { wish, revision } = found
      return {
        installation: wish.installation,
        hub,
        revision,
        devices: wish.devices.map(({ id, driver: of, slots }) => ({
          id,
          driver: of,
          ...(slots === undefined ? {} : { slots: slots.map(({ slot }) => slot) }),
        })),
      }
    },
    accept(hub, signed, publicKey) {
      const key = { key: createPublicKey(publicKey), dsaEncoding: 'ieee-p1363' } as const
      const text = Buffer.from(signed.text)
      if (!verify('sha256', text, key, Buffer.from(signed.signature, 'base64'))) {
        throw new PreCareError('access-denied', 'the report was not signed by the key of this hub')
      }
      const report = parsedReport(signed.text)
      if (report.hub !== hub) throw new PreCareError('access-denied', 'the report is of another hub')
      return journal.transaction(() => {
        const { wish, revision, state } = required(report.installation)
        if (wish.hub !== hub || state === 'ended') {
          throw new PreCareError('access-denied', 'the report is of another installation')
        }
        if (report.revision !== revision) {
          throw new PreCareError(
            'visit-refused',
            `the clinic has changed the kit (revision ${revision}); fetch it again`,
          )
        }
        const unknown = report.devices.find(({ id }) => !wish.devices.some((device) => device.id === id))
        if (unknown !== undefined) throw new PreCareError('visit-refused', `${unknown.id} is not part of the kit`)
        const { changes } = insertReport.run(
          report.visit,
          report.installation,
          signed.text,
          signed.signature,
          createHash('sha256').update(publicKey).digest('hex'),
          now(),
        )
        if (changes === 0) {
          // Each signing has a visit of its own: another text under this one would be lost without a word.
          if (selectText.get(report.visit)?.['text'] === signed.text) return report
          throw new PreCareError('visit-refused', 'another report of this visit is stored already')
        }
        assign(wish, report)
        updateState.run('commissioned', now(), report.installation)
        audit({
          actor: { type: 'hub', id: hub },
          action: 'installation.commission',
          citizen: wish.citizen,
          subject: `${report.installation}:${revision}`,
          count: report.devices.length,
        })
        return report
      })
    },
    end(installation, by) {
      journal.transaction(() => {
        const { wish, revision } = required(installation)
        endAssignments(
          wish.devices.flatMap(({ id }) => openOf(id)),
          now(),
        )
        updateState.run('ended', now(), installation)
        audit({
          actor: { type: 'user', id: by },
          action: 'installation.end',
          citizen: wish.citizen,
          subject: `${installation}:${revision}`,
        })
      })
    },
    state: (installation) => stateOf(select.get(installation)),
    list: () => selectAll.all().flatMap((row) => stateOf(row) ?? []),
    reports: (installation) =>
      selectReports.all(installation).map((row) => ({
        report: parsedReport(String(row['text'])),
        signed: { text: String(row['text']), signature: String(row['signature']) },
        receivedAt: String(row['received_at']),
        key: String(row['public_key']),
      })),
  }
}

function parsedReport(text: string): CommissioningReport {
  try {
    return commissioningReportSchema.parse(JSON.parse(text))
  } catch (error) {
    // What the schema quotes is a measured value.
    throw new PreCareError('payload-malformed', 'the report breaks its schema', { cause: error })
  }
}
