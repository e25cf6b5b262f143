import { randomBytes } from 'node:crypto'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/entry.ts'
import { base32 } from '../base32.ts'
import type { Log } from '../log.ts'
import type { Action } from '../rights/decide.ts'
import type { Caller } from './call.ts'
import type { Seen } from './route.ts'

/** The one row of the audit that each answer to somebody with a right leaves. */

/** A request's own mark. */
const CORRELATION_BYTES = 10

interface RowPorts {
  readonly audit: Audit
  readonly log: Log
}

/** Each throws when it cannot be written: then nothing is answered. */
export interface AuditRow {
  /** For a change: appends in its transaction. Then {@link AuditRow.write} appends nothing more. */
  readonly append: Audit
  /** The caller may not; nothing of what he asked for is in it. */
  denied(right: Action): void
  write(action: string, seen: Seen | undefined): void
}

/** @param about the citizen, and the purpose of the grant by which the caller may */
export function openRow(
  caller: Caller,
  about: { readonly citizen?: string; readonly purpose?: string },
  { audit, log }: RowPorts,
): AuditRow {
  const { citizen, purpose } = about
  const base = {
    actor: actorOf(caller),
    correlation: base32(randomBytes(CORRELATION_BYTES)),
    ...(citizen === undefined ? {} : { citizen }),
    ...(purpose === undefined ? {} : { purpose }),
  }
  let written = false
  return {
    append(entry) {
      audit({ ...base, ...entry })
      written = true
    },
    denied(right) {
      log.warn('request-denied', { account: caller.id, organisation: caller.organisation, code: right })
      audit({ ...base, action: `${right}.denied`, criticality: 'important' })
    },
    write(action, seen) {
      if (!written) audit({ ...base, action, ...seen })
      log.info(action.replace('.', '-'), {
        account: caller.id,
        organisation: caller.organisation,
        ...(seen?.count === undefined ? {} : { count: seen.count }),
      })
    },
  }
}
