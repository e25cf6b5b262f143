import { expect, it } from 'vitest'
import { openAlertActions } from '../../../broker/alerts/actions.ts'
import type { AlertMessage } from '../../../broker/contract/alert.ts'
import { alertMessageSchema } from '../../../broker/contract/alert.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { seeded } from '../../support/random.ts'
import { shuffled } from '../../support/shuffled.ts'
import { at, type Core, message, openCore, pressure, reading } from '../core-fixture.ts'

/** Whatever order readings come in: people are told of everything once, and of nothing that is not. */

const HUB = 'hub-0001'

function factsWrong(core: Core): string[] {
  const alerts = core.journal.database
    .prepare('SELECT message FROM alerts')
    .all()
    .map((row) => alertMessageSchema.parse(JSON.parse(String(row['message']))))
  const byId = new Map(alerts.map((alert) => [alert.alert, alert]))
  const episodes = core.journal.database.prepare('SELECT alert, opened_at, closed_at FROM episodes').all()
  const own = new Set(episodes.map((row) => String(row['alert'])))
  const unfinished = ({ state }: AlertMessage) => state === 'open' || state === 'acknowledged'
  return [
    ...episodes.filter((row) => !byId.has(String(row['alert']))).map((row) => `untold episode of ${row['opened_at']}`),
    ...alerts.filter((alert) => unfinished(alert) && !own.has(alert.alert)).map(() => 'alert without an episode'),
    ...episodes
      .filter((row) => row['closed_at'] === null)
      .map((row) => byId.get(String(row['alert'])))
      .filter((alert) => alert !== undefined && !unfinished(alert) && alert.cause !== 'handled')
      .map(() => 'ended alert of a lasting episode'),
    ...core.lines.filter(({ event }) => event === 'judging-failed').map(({ fields }) => JSON.stringify(fields)),
  ]
}

it('40 shuffled afternoons: every episode is told by one alert, and no open alert is without one', async () => {
  const random = seeded(3)
  const core = openCore()
  const clock = core.clock
  const actions = openAlertActions({
    journal: core.journal,
    registry: openRegistry(core.journal),
    clock,
    audit: () => {},
  })
  const by = { type: 'user', id: 'nurse-0001' } as const
  let sequence = 0
  for (let day = 0; day < 40; day++) {
    core.clock.time += 2 * 24 * 3_600_000
    const minutes = (core.clock.time - Date.parse(at(0))) / 60_000
    const readings = Array.from({ length: 8 + Math.floor(random() * 20) }, (_, i) => {
      const measuredAt = at(minutes - 120 + i * 2)
      const status = random() < 0.2 ? { status: ['body-movement' as const] } : {}
      return reading(`${day}/${i}`, {
        values: pressure(118 + Math.floor(random() * 45)),
        measuredAt,
        receivedAt: measuredAt,
        ...status,
      })
    })
    const rest = shuffled(readings, random)
    while (rest.length > 0) {
      const batch = rest.splice(0, 1 + Math.floor(random() * 6))
      await core.send(HUB, message(sequence + 1, batch))
      sequence += batch.length
      expect(factsWrong(core), `day ${day}`).toEqual([])
      for (const { alert, revision } of random() < 0.2 ? actions.list() : []) {
        if (random() < 0.2) actions.close(alert, { by, revision }, 'handled')
        else actions.acknowledge(alert, { by, revision }, 'called')
      }
    }
  }
  expect(core.journal.database.prepare('SELECT count(*) AS n FROM alerts').get()?.['n']).toBeGreaterThan(15)
}, 60_000)
