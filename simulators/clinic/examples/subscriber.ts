import { DatabaseSync } from 'node:sqlite'
import mqtt from 'mqtt'

/** A subscriber that misses nothing: node subscriber.ts FILE, with the address and account in the environment. */

const { MQTT_URL = '', HTTP_URL = '', ORG = '', ACCOUNT = '', PASSWORD = '' } = process.env
const db = new DatabaseSync(process.argv[2] ?? 'readings.db', { timeout: 5_000 })
// Whoever looks into the file meanwhile holds nothing up.
db.exec('PRAGMA journal_mode = WAL')
db.exec(
  'CREATE TABLE IF NOT EXISTS readings (cursor INTEGER PRIMARY KEY, citizen TEXT NOT NULL, reading TEXT NOT NULL)',
)
const insert = db.prepare('INSERT OR IGNORE INTO readings VALUES (?, ?, ?)')
// What was dealt with is the cursor: both are one row, so no kill can come between them.
let cursor = Number(db.prepare('SELECT max(cursor) AS cursor FROM readings').get()?.['cursor'] ?? 0)

interface Entry {
  readonly cursor: number
  readonly citizen: string
  readonly reading: unknown
}

/** All of them or none. */
function dealWith(entries: readonly Entry[], next: number): void {
  db.exec('BEGIN')
  for (const entry of entries) insert.run(entry.cursor, entry.citizen, JSON.stringify(entry.reading))
  db.exec('COMMIT')
  cursor = next
}

const headers = { authorization: `Basic ${Buffer.from(`${ACCOUNT}:${PASSWORD}`).toString('base64')}` }

async function readOn(): Promise<void> {
  for (;;) {
    const answer = await fetch(`${HTTP_URL}/v1/readings?since=${cursor}&limit=1000`, { headers })
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    const page = (await answer.json()) as { items: Entry[]; next: number; newest: number }
    dealWith(page.items, page.next)
    if (page.next >= page.newest) return
  }
}

let turn: Promise<void> = Promise.resolve()
const client = mqtt.connect(MQTT_URL, { clientId: ACCOUNT, username: ACCOUNT, password: PASSWORD })
const inTurn = (work: () => void | Promise<void>) => {
  turn = turn.then(work).catch((error: unknown) => {
    console.error(error)
    // Started again by its supervisor, it reads on from what it has.
    process.exit(1)
  })
}
client.on('connect', () => {
  client.subscribe([`v1/orgs/${ORG}/readings/#`, `v1/orgs/${ORG}/backfill/#`], { qos: 1 }, () => inTurn(readOn))
})
client.on('message', (_topic, payload) => {
  const entry: Entry = JSON.parse(payload.toString())
  inTurn(() => {
    if (entry.cursor === cursor + 1) dealWith([entry], entry.cursor)
    else if (entry.cursor > cursor) return readOn()
    return undefined
  })
})
