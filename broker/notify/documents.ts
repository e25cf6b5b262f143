import type { Applying } from '../rights/apply-rights.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { NotifyDocument } from './document.ts'
import { parseNotifyDocument } from './parse-document.ts'

/** The versions of the notify document that were applied; the newest holds. None is ever changed. */

export interface Applied {
  /** From 1; 0: none yet. */
  readonly version: number
  readonly document: NotifyDocument | undefined
}

/** @returns a question that is asked after every commit, so it is prepared once */
export function openNewestVersion(journal: Journal): () => number {
  const select = journal.database.prepare('SELECT max(version) AS version FROM notify_documents')
  return () => Number(select.get()?.['version'] ?? 0)
}

/** @throws PreCareError 'config-invalid' when this version can't read what another one wrote */
export function newestDocument(journal: Journal): Applied {
  const row = journal.database
    .prepare('SELECT version, document FROM notify_documents ORDER BY version DESC LIMIT 1')
    .get()
  if (row === undefined) return { version: 0, document: undefined }
  return { version: Number(row['version']), document: parseNotifyDocument(JSON.parse(String(row['document']))) }
}

/** What a new version changes, by id. */
export interface DocumentChange {
  /** The version that holds afterwards; of a dry run, that would hold. */
  readonly version: number
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

const SECTIONS = ['channels', 'people', 'rotas', 'policies'] as const

/**
 * Makes this document the one that holds; a running broker takes it with its next round. One that says the same as the
 * newest makes no version.
 */
export function applyDocument(
  journal: Journal,
  document: NotifyDocument,
  now: number,
  { dryRun, applying }: { readonly dryRun: boolean; readonly applying?: Applying },
): DocumentChange {
  return journal.transaction(() => {
    const before = newestDocument(journal)
    const same = JSON.stringify(before.document) === JSON.stringify(document)
    const version = same ? before.version : before.version + 1
    if (!same && !dryRun) {
      journal.database
        .prepare('INSERT INTO notify_documents (version, applied_at, document) VALUES (?, ?, ?)')
        .run(version, isoTime(now), JSON.stringify(document))
      applying?.audit({
        actor: applying.actor,
        action: 'notify.apply',
        subject: `version-${version}`,
        criticality: 'important',
      })
    }
    return { version, ...differences(before.document, document) }
  })
}

function differences(before: NotifyDocument | undefined, after: NotifyDocument): Omit<DocumentChange, 'version'> {
  const entries = (document: NotifyDocument | undefined): Map<string, string> =>
    new Map(
      document === undefined
        ? []
        : [
            ...SECTIONS.flatMap((section) =>
              document[section].map((entry) => [`${section}/${entry.id}`, JSON.stringify(entry)] as const),
            ),
            ...(['page', 'zone', 'lastResort', 'lookAheadH'] as const).map(
              (field) => [field, JSON.stringify(document[field])] as const,
            ),
          ],
    )
  const [old, now] = [entries(before), entries(after)]
  return {
    added: [...now.keys()].filter((key) => !old.has(key)),
    changed: [...now.keys()].filter((key) => old.has(key) && old.get(key) !== now.get(key)),
    removed: [...old.keys()].filter((key) => !now.has(key)),
  }
}
