import { type Metric, metric } from '../metrics.ts'
import type { NotifierFigures } from './notifier.ts'

/** Notification in the metrics: counts and ages, nobody's id. */
export function notifyMetrics(figures: NotifierFigures): Metric[] {
  const { byState } = figures
  return [
    {
      name: 'notify_messages',
      help: 'Messages to people, by what has become of them',
      type: 'gauge',
      samples: Object.entries(byState).map(([state, value]) => ({ value, labels: { state } })),
    },
    metric('notify_failed_total', 'Messages that reached nobody', byState['failed'] ?? 0),
    metric('notify_queued', 'Deliveries and messages that wait', figures.queued + (byState['queued'] ?? 0)),
    metric(
      'notify_oldest_seconds',
      'Age of the oldest that no provider has taken',
      Math.max(figures.oldestQueuedMs, figures.oldestUnsentMs) / 1000,
    ),
    metric('notify_calls_running', 'Alerts that somebody is being called about', figures.callsRunning),
    metric('notify_calls_unanswered', 'Alerts that nobody answered', figures.callsUnanswered),
    metric('notify_uncovered_total', 'Alerts that no policy covers, since the start', figures.uncovered),
    metric('notify_rota_gaps', 'Times ahead in which a step leads to nobody', figures.gaps),
    metric('notify_document_version', 'Of the notify document; 0: none', figures.version),
  ]
}
