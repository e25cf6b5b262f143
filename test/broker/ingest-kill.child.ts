import { systemClock } from '../../broker/broker-clock.ts'
import { Ingest } from '../../broker/ingest.ts'
import { applyRegistry, openRegistry } from '../../broker/registry.ts'
import { openJournal } from '../../broker/store/journal.ts'
import { DOCUMENT, idOf, message, NOW, reading } from './core-fixture.ts'

/** Stores readings for ever and writes the name of each to standard output once it is accepted. Killed by its test. */
const [path = '', from = '0'] = process.argv.slice(2)
const journal = openJournal(path)
applyRegistry(journal, DOCUMENT)
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const ingest = new Ingest({
  journal,
  registry: openRegistry(journal),
  clock: { ...systemClock, now: () => NOW },
  publish: () => {},
  log: silent,
})

async function worker(first: number): Promise<void> {
  for (let n = first; ; n += 8) {
    await ingest.accept('hub-0001', message(n + 1, [reading(idOf(`reading ${n}`), { id: idOf(`reading ${n}`) })]))
    process.stdout.write(`${n}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, i) => worker(Number(from) + i)))
