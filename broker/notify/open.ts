import { openTransitions } from '../alerts/transitions.ts'
import type { BrokerClock } from '../broker-clock.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'
import { openChannels } from './channels.ts'
import { entitledTo } from './entitled.ts'
import { isDanishHoliday } from './holidays.ts'
import { type Notifier, openNotifier } from './notifier.ts'

/** The notifier as the broker runs it. */
export function openNotification(parts: {
  readonly journal: Journal
  readonly registry: Registry
  readonly clock: BrokerClock
  readonly log: Log
}): Notifier {
  const { journal, registry, clock, log } = parts
  return openNotifier({
    ...{ journal, clock, log },
    random: Math.random,
    transitionsAfter: openTransitions(journal).transitionsAfter,
    organisationsFor: (alert, at) => entitledTo(registry.grantsOf(alert.citizen), alert, at),
    isHoliday: isDanishHoliday,
    openChannels: (settings) =>
      openChannels(settings, {
        clock,
        onUnusable: (channel, reason) => log.error('channel-unusable', { channel, reason }),
      }),
  })
}
