import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { systemClock } from '../../broker/broker-clock.ts'
import { journalPath } from '../../broker/provision.ts'
import { createUser } from '../../broker/rights/users.ts'
import { openSessions } from '../../broker/sign-in/sessions.ts'
import { openJournal } from '../../broker/store/journal.ts'
import { residentMb, startBroker } from '../support/broker-process.ts'
import { type Bench, percentile } from './bench.ts'
import { writeClinicHistory } from './clinic-history.ts'
import { OPENED } from './clinic-people.ts'
import { ORGANISATION } from './fleet.ts'
import { measurePages } from './page-browser.ts'

/**
 * The clinic's page at size: what the broker takes for its answers, and what a nurse waits for in a browser, from the
 * beginning of the navigation to the last value on the screen.
 */

const CITIZENS = 2_000
const ASKED = 20
const CALM_WITHIN_MS = 120_000
const QUICK_MS = 15
const QUICK_IN_A_ROW = 20
const DAY_MS = 24 * 3600_000
const USER = 'nurse-0001'

const LIMITS = [
  { figure: 'readings', atLeast: 1_000_000 },
  { figure: 'openAlerts', atLeast: 250 },
  { figure: 'workListServerMs', atMost: 100 },
  { figure: 'workListFirstMs', atMost: 1_000 },
  { figure: 'overviewServerMs', atMost: 100 },
  { figure: 'seriesServerMs', atMost: 100 },
  { figure: 'workListShownMs', atMost: 300 },
  { figure: 'citizenShownMs', atMost: 500 },
  { figure: 'firstLoadKb', atMost: 200 },
]

/** Milliseconds of an answer with its body, and the bytes of the body. */
async function timed(url: string, cookie: string): Promise<{ ms: number; bytes: number }> {
  const started = performance.now()
  const answer = await fetch(url, { headers: { cookie } })
  const { byteLength } = await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${new URL(url).pathname}: ${answer.status}`)
  return { ms: performance.now() - started, bytes: byteLength }
}

/**
 * A broker that starts looks at everybody's plan at once, which takes it some seconds. Calm: it answers quickly several
 * times in a row.
 */
async function calm(httpUrl: string): Promise<void> {
  const deadline = performance.now() + CALM_WITHIN_MS
  for (let quick = 0; quick < QUICK_IN_A_ROW && performance.now() < deadline; ) {
    const started = performance.now()
    await (await fetch(`${httpUrl}/healthz`)).arrayBuffer()
    quick = performance.now() - started < QUICK_MS ? quick + 1 : 0
    await after(250)
  }
}

async function asked(url: string, cookie: string): Promise<{ median: number; worst: number; kb: number }> {
  const all: { ms: number; bytes: number }[] = []
  for (let i = 0; i < ASKED; i++) all.push(await timed(url, cookie))
  const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b)
  return { median: percentile(sorted, 0.5), worst: sorted.at(-1) ?? Number.NaN, kb: (all[0]?.bytes ?? 0) / 1024 }
}

async function sessionIn(path: string): Promise<string> {
  const { database, close } = openJournal(path)
  try {
    await createUser(database, systemClock, {
      id: USER,
      organisation: ORGANISATION,
      role: 'nurse',
      displayName: 'Nurse of the benchmark',
    })
    return openSessions(database, systemClock).begin(USER, 'totp').cookie
  } finally {
    close()
  }
}

export const bench: Bench = async ({ seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-page-'))
  try {
    const now = Date.now()
    onProgress(`writing a year of ${CITIZENS} citizens`)
    const history = writeClinicHistory(journalPath(dir), CITIZENS, now - (now % DAY_MS), now, seed)
    onProgress(`${history.readings} readings in ${Math.round(history.seconds)} s`)
    const session = await sessionIn(journalPath(dir))
    const broker = await startBroker(dir)
    try {
      const cookie = `__Host-precare=${session}`
      const at = (path: string) => `${broker.httpUrl}${path}`
      onProgress('waiting until the broker is calm')
      await calm(broker.httpUrl)
      const first = await timed(at('/v1/work-list'), cookie)
      const list = await asked(at('/v1/work-list'), cookie)
      const overview = await asked(at(`/v1/citizens/${OPENED}/overview`), cookie)
      const year = `?from=${new Date(now - 365 * DAY_MS).toISOString()}`
      const series = await asked(at(`/v1/citizens/${OPENED}/series${year}`), cookie)
      onProgress('the answers are measured; now in a browser')
      const pages = await measurePages(broker.httpUrl, session, OPENED)
      return {
        figures: {
          readings: history.readings,
          openAlerts: history.openAlerts,
          generatedS: history.seconds,
          workListFirstMs: first.ms,
          workListServerMs: list.median,
          workListWorstMs: list.worst,
          workListKb: list.kb,
          overviewServerMs: overview.median,
          seriesServerMs: series.median,
          seriesWorstMs: series.worst,
          seriesKb: series.kb,
          ...pages,
          brokerResidentMb: residentMb(broker.pid),
        },
        limits: LIMITS,
        conditions: {
          citizens: CITIZENS,
          days: 365,
          openedCitizen: 'eight readings a day of six kinds',
          asked: ASKED,
          timeSeries: 'not filled: the pages do not read it',
          viewport: '1366 x 768',
          line: 'loopback, no TLS',
          node: process.version,
        },
      }
    } finally {
      await broker.stop()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
