import { expect, test } from 'vitest'
import { openRegistry } from '../../../broker/registry.ts'
import { openAlertReplay } from '../../../broker/replay/alerts.ts'
import { at, type Core, DOCUMENT, openCore } from '../core-fixture.ts'

/** As the alert engine makes it. */
const TABLE = `CREATE TABLE IF NOT EXISTS alert_transitions (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT,
  alert TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, message TEXT NOT NULL, UNIQUE (alert, revision)
) STRICT`

function open(): { core: Core; tell(alert: string, revision: number, citizen: string, kinds: string[]): void } {
  const core = openCore()
  core.journal.database.exec(TABLE)
  const insert = core.journal.database.prepare(
    'INSERT INTO alert_transitions (alert, revision, at, message) VALUES (?, ?, ?, ?)',
  )
  return {
    core,
    tell: (alert, revision, citizen, kinds) =>
      void insert.run(alert, revision, at(0), JSON.stringify({ alert, revision, citizen, kinds })),
  }
}

const replayOf = (core: Core) => openAlertReplay(core.journal, openRegistry(core.journal), core.clock)

test('a subscriber that was away gets every change of every alert after its cursor, once', () => {
  const { core, tell } = open()
  for (let revision = 1; revision <= 5; revision++) {
    tell('alert-1', revision, 'citizen-1', ['blood-pressure'])
    tell('alert-2', revision, 'citizen-2', ['blood-pressure'])
  }
  const seen: unknown[] = []
  for (let since = 0; ; ) {
    const { items, next, newest } = replayOf(core).alerts('clinic', since, 3)
    seen.push(...items.map(({ alert }) => Reflect.get(alert, 'revision')))
    since = next
    if (next === newest) break
  }
  expect(seen).toEqual([1, 2, 3, 4, 5])
  expect(replayOf(core).alerts('clinic', 10, 3)).toEqual({ items: [], next: 10, withheld: 0, newest: 10 })
})

test('an alert is for who may have all kinds that it rests on, now', () => {
  const { core, tell } = open()
  core.apply({
    grants: [
      { organisation: 'clinic', citizen: 'citizen-2', kinds: ['weight'], from: at(-10), to: at(10), purpose: 'care' },
    ],
  })
  tell('alert-1', 1, 'citizen-2', ['weight'])
  tell('alert-2', 1, 'citizen-2', ['weight', 'glucose'])
  tell('alert-3', 1, 'citizen-2', [])
  const alerts = () =>
    replayOf(core)
      .alerts('clinic', 0, 10)
      .items.map(({ alert }) => Reflect.get(alert, 'alert'))
  expect(alerts()).toEqual(['alert-1', 'alert-3'])
  core.clock.time += 10 * 60_000
  expect(alerts()).toEqual([])
  expect(DOCUMENT.grants.every(({ citizen }) => citizen === 'citizen-1')).toBe(true)
})
