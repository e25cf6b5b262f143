import type { BrokerClock } from '../broker-clock.ts'
import type { Log } from '../log.ts'
import type { Journal } from '../store/journal.ts'
import type { Authority } from './authority.ts'
import type { Certificates } from './certificates.ts'
import { RENEWABLE_AFTER_END_MS } from './peer.ts'
import type { ServerCertificate } from './server-certificate.ts'
import { recordEvent } from './technical-events.ts'

/** Ends that nothing renews by itself: a person hears of each, twice. */

const DAY_MS = 24 * 3600_000
/** Time to plan a visit, and the last call. */
const NOTICE_DAYS = [7, 30]

export interface EndingParts {
  readonly authority: Authority
  readonly server: ServerCertificate
  readonly certificates: Certificates
  readonly journal: Journal
  readonly clock: BrokerClock
  readonly log: Log
}

interface Ending {
  /** Id of a hub or client, or `authority`, or `server`. */
  readonly subject: string
  readonly endsAt: number
}

/** Notes, and logs once, what ends within 30 and within 7 days: the authority, a given server certificate, and hubs that stayed away. */
export function noteEndings(parts: EndingParts): void {
  const { journal, clock, log } = parts
  for (const { subject, endsAt } of endingsOf(parts)) {
    const days = NOTICE_DAYS.find((notice) => endsAt - clock.now() <= notice * DAY_MS)
    if (days === undefined) continue
    const occasion = `${new Date(endsAt).toISOString()}/${days}`
    if (!recordEvent(journal, clock, { kind: 'certificate-ends', subject, occasion })) continue
    log.warn('certificate-ends', {
      account: subject,
      count: Math.floor((endsAt - clock.now()) / DAY_MS),
      reason: 'days until its end, which nothing renews',
    })
  }
}

function endingsOf({ authority, server, certificates }: EndingParts): Ending[] {
  const endings: Ending[] = [{ subject: 'authority', endsAt: authority.endsAt }]
  if (server.given) endings.push({ subject: 'server', endsAt: server.endsAt() })
  const newest = new Set<string>()
  for (const { account, validTo, revoked } of certificates.of()) {
    if (newest.has(account)) continue
    newest.add(account)
    if (revoked === undefined) endings.push({ subject: account, endsAt: Date.parse(validTo) + RENEWABLE_AFTER_END_MS })
  }
  return endings
}
