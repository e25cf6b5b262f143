import type { AlertMessage, Category, Level } from '../contract/alert.ts'
import { isWorse } from './call.ts'
import type { Delivery, Purpose } from './delivery.ts'

/** What a message says, fixed when it is made: ids, level, the rule's title and times; no value and no person. */

export interface NoticeItem {
  /** The alert; of a gap, the rota. */
  readonly subject: string
  readonly level: Level
  readonly citizen?: string
  readonly category?: Category
  readonly title?: string
  /** ISO 8601 UTC. */
  readonly since?: string
  readonly detail?: string
}

export interface Notice {
  readonly purpose: Purpose
  /** Of all that are grouped here. */
  readonly count: number
  /** The worst first. */
  readonly items: readonly NoticeItem[]
}

/** Named in one message; all are counted. */
const MAX_ITEMS = 20

/** @param deliveries of one person, channel and purpose; @param alertOf the newest state of an alert */
export function noticeOf(
  purpose: Purpose,
  deliveries: readonly Delivery[],
  alertOf: (delivery: Delivery) => AlertMessage | undefined,
): Notice {
  // An alert may be in it twice, by two steps or two organisations of the same person.
  const subjects = new Map(
    deliveries.map((delivery) => [purpose === 'gap' ? delivery.key : delivery.subject, delivery] as const),
  )
  const worstFirst = [...subjects.values()].sort((a, b) => {
    if (a.level === b.level) return a.subject < b.subject ? -1 : 1
    return isWorse(a.level, b.level) ? -1 : 1
  })
  return {
    purpose,
    count: subjects.size,
    items: worstFirst.slice(0, MAX_ITEMS).map((delivery) => itemOf(delivery, alertOf(delivery))),
  }
}

function itemOf({ subject, level, detail }: Delivery, alert: AlertMessage | undefined): NoticeItem {
  return {
    subject,
    level,
    ...(alert === undefined
      ? {}
      : { citizen: alert.citizen, category: alert.category, title: alert.rule.title, since: alert.openedAt }),
    ...(detail === undefined ? {} : { detail }),
  }
}
