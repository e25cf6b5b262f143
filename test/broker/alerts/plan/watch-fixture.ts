import { join } from 'node:path'
import { openPlanWatch, type PlanWatch } from '../../../../broker/alerts/plan/plan-watch.ts'
import type { AlertMessage } from '../../../../broker/contract/alert.ts'
import type { DeviceState, HubHealth } from '../../../../broker/contract/messages.ts'
import { HubStates } from '../../../../broker/hub-states.ts'
import { openRegistry } from '../../../../broker/registry.ts'
import type { RawReading } from '../../../../device-drivers/reading.ts'
import { type Core, DOCUMENT, message, openCore, reading, temporaryDirectory } from '../../core-fixture.ts'

/** The real core with the watch over its plans; hubs say what a test lets them say, minute by minute. */

export const MINUTE = 60_000

/** Every day from 08:00 to 10:00 in Denmark, an hour of grace: due at 11:00, in winter 10:00 UTC. */
export const plan = (change: Record<string, unknown> = {}) => ({
  citizen: 'citizen-1',
  kind: 'blood-pressure',
  from: '2026-03-01T00:00:00Z',
  phases: [{ schedule: { type: 'daily' }, windows: [{ from: '08:00', to: '10:00' }] }],
  author: 'nurse',
  reason: 'start',
  ...change,
})

const health = (at: number, change: Partial<HubHealth>): HubHealth => ({
  at: new Date(at).toISOString(),
  bootId: 'boot',
  uptimeS: 1,
  version: '0',
  clock: { synced: true },
  outbox: { epoch: '0123456789abcdef', lastSequence: 0, unsent: 0, holdsNothingBefore: new Date(at).toISOString() },
  counts: { decoded: 0, duplicate: 0, rejected: 0, receipted: 0, sessions: 0, sessionFailures: 0 },
  memory: { rssBytes: 1 },
  ...change,
})

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

export interface Watched {
  readonly core: Core
  /** Hubs that are connected, and what is special about their health. */
  readonly up: Map<string, Partial<HubHealth>>
  /** To this time, a minute at a time; the hubs that are up speak, the engine looks. */
  until(iso: string): void
  /** To this time without the engine. */
  sleepUntil(iso: string): void
  measure(at: string, change?: Partial<RawReading>): Promise<void>
  device(device: string, state: Partial<DeviceState>): void
  /** A new process over the same journal. */
  restart(): void
  /** The newest message of each alert of a subject, oldest alert first. */
  alerts(subject?: string): AlertMessage[]
}

export function watched(document: object = {}, path = join(temporaryDirectory(), 'journal.db')): Watched {
  const core = openCore(path, { ...DOCUMENT, limits: [], plans: [plan()], ...document })
  // Days are lived through minute by minute, a commit each; nothing here is about power cuts.
  core.journal.database.exec('PRAGMA synchronous = OFF')
  const up = new Map<string, Partial<HubHealth>>([['hub-0001', {}]])
  const registry = openRegistry(core.journal)
  let sequence = 0
  let states: HubStates
  let watch: PlanWatch

  function restart(): void {
    states = new HubStates()
    watch = openPlanWatch({
      journal: core.journal,
      registry,
      hubs: () => states.known(),
      tell: core.ingest.alerts.reconcile,
      clock: { monotonic: () => core.clock.time },
    })
  }
  restart()

  function speak(): void {
    for (const { hub, online } of [...states.known()]) {
      if (online && !up.has(hub))
        states.accept(hub, 'state', undefined, bytes({ state: 'offline', session: 1 }), 'will')
    }
    for (const [hub, change] of up) {
      if (![...states.known()].some((known) => known.hub === hub && known.online)) {
        states.accept(hub, 'state', undefined, bytes({ state: 'online', session: 1 }), 'first')
      }
      states.accept(hub, 'health', undefined, bytes(health(core.clock.time - 5_000, change)), 'later')
    }
  }

  function look(): void {
    for (let more = true; more; ) {
      core.ingest.commit((now) => {
        registry.refresh()
        more = watch.look(now)
      })
    }
  }

  return {
    core,
    up,
    restart,
    until(iso) {
      while (core.clock.time < Date.parse(iso)) {
        core.clock.time += MINUTE
        speak()
        look()
      }
    },
    sleepUntil(iso) {
      core.clock.time = Date.parse(iso)
    },
    async measure(at, change = {}) {
      sequence += 1
      await core.send(
        'hub-0001',
        message(sequence, [reading(`reading ${sequence}`, { measuredAt: at, receivedAt: at, ...change })]),
      )
    },
    device(device, state) {
      states.accept('hub-0001', 'devices', device, bytes({ driver: 'blood-pressure-service', ...state }), 'later')
    },
    alerts(subject = 'citizen-1') {
      const newest = new Map<string, AlertMessage>()
      for (const { message: alert } of core.ingest.alerts.transitionsAfter(0, 10_000)) {
        if (alert.citizen === subject) newest.set(alert.alert, alert)
      }
      return [...newest.values()]
    },
  }
}
