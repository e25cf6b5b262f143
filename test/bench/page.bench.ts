import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { systemClock } from '../../broker/broker-clock.ts'
import { journalPath } from '../../broker/provision.ts'
import { createUser } from '../../broker/rights/users.ts'
import { openSessions } from '../../broker/sign-in/sessions.ts'
import { openJournal } from '../../broker/store/journal.ts'
import { residentMb, startBroker } from '../support/broker-process.ts'
import { type Bench, percentile } from './bench.ts'
import { type ClinicHistory, writeClinicHistory } from './clinic-history.ts'
import { OPENED } from './clinic-people.ts'
import { SENSOR_WEARER, writeSensorYear } from './clinic-sensor.ts'
import { ORGANISATION } from './fleet.ts'
import { openClinicBrowser } from './page-browser.ts'

/**
 * The clinic's page at size: what the broker takes after a start and for its answers, and what a nurse waits for in a
 * browser (page-browser.ts says from when to when).
 */

const CITIZENS = 2_000
const ASKED = 20
const SENSOR_ASKED = 5
const CALM_WITHIN_MS = 120_000
const QUICK_MS = 15
const QUICK_IN_A_ROW = 40
const LOOK_EVERY_MS = 100
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

/** From `ready` on until it answers quickly several times in a row, and the longest that an answer took until then. */
async function calm(httpUrl: string): Promise<{ readonly seconds: number; readonly worst: number }> {
  const began = performance.now()
  let [quiet, worst] = [began, 0]
  for (let quick = 0; quick < QUICK_IN_A_ROW && performance.now() - began < CALM_WITHIN_MS; ) {
    const started = performance.now()
    await (await fetch(`${httpUrl}/healthz`)).arrayBuffer()
    const took = performance.now() - started
    worst = Math.max(worst, took)
    quick = took < QUICK_MS ? quick + 1 : 0
    if (quick === 0) quiet = performance.now()
    await after(LOOK_EVERY_MS)
  }
  return { seconds: (quiet - began) / 1000, worst }
}

async function asked(
  url: string,
  cookie: string,
  times = ASKED,
): Promise<{ median: number; worst: number; kb: number }> {
  const all: { ms: number; bytes: number }[] = []
  for (let i = 0; i < times; i++) all.push(await timed(url, cookie))
  const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b)
  return { median: percentile(sorted, 0.5), worst: sorted.at(-1) ?? Number.NaN, kb: (all[0]?.bytes ?? 0) / 1024 }
}

/**
 * Writing a year takes minutes: KEPT=FOLDER keeps it, and the next run of the same day takes a copy of what lies there.
 */
function aYear(dir: string, now: number, seed: number): ClinicHistory {
  const start = now - (now % DAY_MS)
  const kept = process.env['KEPT']
  if (kept === undefined) return writeClinicHistory(journalPath(dir), CITIZENS, start, now, seed)
  const about = join(kept, 'history.json')
  const known = existsSync(about) ? JSON.parse(readFileSync(about, 'utf8')) : undefined
  if (known?.start !== start || known.seed !== seed) {
    mkdirSync(kept, { recursive: true })
    rmSync(journalPath(kept), { force: true })
    const history = writeClinicHistory(journalPath(kept), CITIZENS, start, now, seed)
    writeFileSync(about, JSON.stringify({ ...history, start, seed }))
  }
  copyFileSync(journalPath(kept), journalPath(dir))
  return JSON.parse(readFileSync(about, 'utf8'))
}

/** What the nurse signs in with, and a session before it: the first list after a start. Setting up the factor ends it. */
async function nurseIn(path: string): Promise<{ readonly password: string; readonly cookie: string }> {
  const { database, close } = openJournal(path)
  try {
    const password = await createUser(database, systemClock, {
      id: USER,
      organisation: ORGANISATION,
      role: 'nurse',
      displayName: 'Nurse of the benchmark',
    })
    const { cookie } = openSessions(database, systemClock).begin(USER, 'totp')
    return { password, cookie: `__Host-precare=${cookie}` }
  } finally {
    close()
  }
}

/** CPU of a process so far, in seconds, from the kernel; a hundredth of a second is one tick. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export const bench: Bench = async ({ seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-page-'))
  try {
    const now = Date.now()
    onProgress(`writing a year of ${CITIZENS} citizens`)
    const history = aYear(dir, now, seed)
    onProgress(`${history.readings} readings in ${Math.round(history.seconds)} s`)
    const sensorReadings = writeSensorYear(journalPath(dir), now, seed)
    const { password, cookie: before } = await nurseIn(journalPath(dir))
    const broker = await startBroker(dir)
    try {
      const at = (path: string) => `${broker.httpUrl}${path}`
      onProgress('waiting until the broker is calm')
      const start = await calm(broker.httpUrl)
      const startCpuS = cpuSeconds(broker.pid)
      const first = await timed(at('/v1/work-list'), before)
      const browser = await openClinicBrowser(broker.httpUrl, USER, password)
      try {
        const { cookie, firstLoadKb } = browser
        const list = await asked(at('/v1/work-list'), cookie)
        const overview = await asked(at(`/v1/citizens/${OPENED}/overview`), cookie)
        const year = `?from=${new Date(now - 365 * DAY_MS).toISOString()}`
        const series = await asked(at(`/v1/citizens/${OPENED}/series${year}`), cookie)
        const sensor = await asked(at(`/v1/citizens/${SENSOR_WEARER}/series${year}`), cookie, SENSOR_ASKED)
        onProgress('the answers are measured; now in a browser')
        const pages = await browser.measure(OPENED)
        const sensorPage = await browser.open(SENSOR_WEARER)
        return {
          figures: {
            readings: history.readings,
            openAlerts: history.openAlerts,
            generatedS: history.seconds,
            calmAfterS: start.seconds,
            startWorstAnswerMs: start.worst,
            startCpuS,
            workListFirstMs: first.ms,
            workListServerMs: list.median,
            workListWorstMs: list.worst,
            workListKb: list.kb,
            overviewServerMs: overview.median,
            seriesServerMs: series.median,
            seriesWorstMs: series.worst,
            seriesKb: series.kb,
            sensorReadings,
            sensorSeriesServerMs: sensor.median,
            sensorSeriesKb: sensor.kb,
            sensorCitizenShownMs: sensorPage,
            firstLoadKb,
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
            cache: 'the browser has the files of the page',
            line: 'loopback, no TLS',
            load: loadavg()
              .map((one) => one.toFixed(1))
              .join(' '),
            node: process.version,
          },
        }
      } finally {
        await browser.close()
      }
    } finally {
      await broker.stop()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
