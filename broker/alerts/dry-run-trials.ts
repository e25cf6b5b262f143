import { PreCareError } from '../../device-drivers/errors.ts'
import { parseRegistryDocument } from '../registry.ts'
import { draftSources } from '../registry-rules.ts'
import { type RuleSources, sourceOf, sourcesOf, watchOf } from '../rule-rows.ts'
import type { Journal } from '../store/journal.ts'
import type { Trial } from './dry-run.ts'
import { timelinesOf, type Watch } from './effective-rules.ts'
import { openStoredReadings } from './stored-readings.ts'

/** Stored history and rules of citizens, read from the journal for a dry run. */

/**
 * @param input the registry document with the drafts, unchecked JSON; its decisions count from `from` on
 * @param from ISO 8601 UTC @param only these citizens; everybody with a rule otherwise
 * @throws PreCareError 'config-invalid' or 'limits-invalid' naming the field
 */
export function* trialsOf(journal: Journal, input: unknown, from: string, only?: readonly string[]): Generator<Trial> {
  const document = parseRegistryDocument(input)
  const all = journal.database.prepare('SELECT * FROM rule_sources ORDER BY version').all().map(sourceOf)
  const drafts = draftSources(document, from, (all.at(-1)?.version ?? 0) + 1)
  const watches = journal.database.prepare('SELECT * FROM watches').all().map(watchOf)
  const watched = document.watches.map(
    ({ citizen, template, stage, organisation }): Watch => ({
      citizen,
      template,
      ...(stage === undefined ? {} : { stage }),
      ...(organisation === undefined ? {} : { organisation }),
      from,
    }),
  )
  const now: RuleSources = sourcesOf(all)
  const then: RuleSources = sourcesOf([...all, ...drafts])
  const stored = openStoredReadings(journal)
  const known = journal.database
    .prepare('SELECT id FROM citizens ORDER BY id')
    .all()
    .map((row) => String(row['id']))
  for (const citizen of only ?? known) {
    if (!known.includes(citizen)) throw new PreCareError('config-invalid', '--citizen: nobody has this id')
    const own = watches.filter((watch) => watch.citizen === citizen)
    const next = [...own, ...watched.filter((watch) => watch.citizen === citizen)]
    const trial = {
      citizen,
      now: timelinesOf(citizen, own, now.for(citizen, own)),
      draft: timelinesOf(citizen, next, then.for(citizen, next)),
    }
    if (trial.now.length + trial.draft.length === 0) continue
    yield { ...trial, readings: stored.of(citizen)('') }
  }
}
