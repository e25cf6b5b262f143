import { systemClock } from '../../broker/broker-clock.ts'
import { Ingest } from '../../broker/ingest.ts'
import { applyRegistry, openRegistry } from '../../broker/registry.ts'
import { openJournal } from '../../broker/store/journal.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import type { Bond } from '../../gateway/transport/bonds.ts'
import { DOCUMENT, idOf, NOW, pressure, reading } from '../broker/core-fixture.ts'
import { NOON } from '../support/manual-clock.ts'

/** The work that the syscalls bench disturbs, the same in the disturbed process and in the one that looks afterwards. */

/** Enough for more than 200 writes and syncs. */
export const RECORDS = 60
export const ADDRESS = 'c0:50:00:00:00:01'
export const CONFIGURATION = '{"hub":"hub-0001"}'
export const BOOT = 'boot-1'

let made = 0
export const OUTBOX_OPTIONS = {
  time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: () => NOON }),
  /** Different each time, which is all that is asked of it here. */
  randomHex: (bytes: number): string => {
    made += 1
    return made.toString(16).padStart(bytes * 2, '0')
  },
}

export const QUIET_LOG = { info() {}, warn() {}, error() {} }

export const bondOf = (n: number): Bond => ({
  ltk: n.toString(16).padStart(32, '0'),
  ediv: n.toString(16).padStart(4, '0'),
  rand: n.toString(16).padStart(16, '0'),
})

/** Some of them are beyond a limit, so that alerts are written too. */
export const acceptedReading = (n: number): RawReading =>
  reading(`reading ${n}`, { id: idOf(`reading ${n}`), values: pressure(n % 7 === 0 ? 170 : 120) })

export function openIngest(path: string, onBroken?: () => void): { readonly ingest: Ingest; close(): void } {
  const journal = openJournal(path, onBroken)
  applyRegistry(journal, DOCUMENT)
  const ingest = new Ingest({
    journal,
    registry: openRegistry(journal),
    clock: { ...systemClock, now: () => NOW },
    publish: () => {},
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
  return {
    ingest,
    close: () => {
      ingest.close()
      journal.close()
    },
  }
}
