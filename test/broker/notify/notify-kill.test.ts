import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { applyDocument } from '../../../broker/notify/documents.ts'
import { parseNotifyDocument } from '../../../broker/notify/parse-document.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { seeded } from '../../support/random.ts'
import { tempDir, until } from '../../support/temp-dir.ts'
import { alertMessage, documentFor, ENV, startProvider, TRANSITIONS } from './fixture.ts'

/**
 * kill -9 between any two steps of a notification: before the request, while the provider thinks, between its answer and
 * the row that says so. Every alert arrives, and whatever arrives twice has the same key.
 */

const ALERTS = 12

test('a process killed between any two steps tells every alert at least once, and twice only under the same key', {
  timeout: 60_000,
}, async () => {
  const dir = tempDir()
  const provider = await startProvider()
  const journal = openJournal(join(dir, 'journal.db'))
  onTestFinished(() => journal.close())
  journal.database.exec(TRANSITIONS)
  const document = documentFor(provider.url)
  // No receipts here: an answer is the end of it.
  const channels = document.channels.map(({ receiptWithinS: _, ...channel }) => channel)
  applyDocument(journal, parseNotifyDocument({ ...document, channels }), Date.now(), { dryRun: false })

  const dice = seeded(7)
  let kill: () => void = () => undefined
  let kills = 0
  // Every other request costs the process its life: before the answer, with it, or just after it.
  provider.answer = () => {
    if (dice() < 0.5) return 202
    kills += 1
    const moment = dice()
    if (moment < 0.34) {
      kill()
      return 'drop'
    }
    if (moment < 0.67) setImmediate(kill)
    else setTimeout(kill, 3 * dice())
    return 202
  }

  const states = () => journal.database.prepare('SELECT DISTINCT state FROM notify_messages').all()
  const insert = journal.database.prepare(
    'INSERT INTO alert_transitions (alert, revision, at, message) VALUES (?, 1, ?, ?)',
  )
  const arrived = () => new Set(provider.received.flatMap(({ body }) => body.items.map(({ subject }) => subject))).size
  let told = 0
  for (let done = false; !done; ) {
    const child = spawn(process.execPath, ['test/broker/notify/notify-kill.child.ts', dir], {
      env: { ...process.env, ...ENV },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    let dead = false
    kill = () => {
      dead = true
      child.kill('SIGKILL')
    }
    await once(child.stdout, 'data')
    for (; told < ALERTS && !dead; told += 1) {
      const message = alertMessage({ alert: `alert-${1000 + told}` })
      insert.run(message.alert, message.updatedAt, JSON.stringify(message))
      // One by one, so that each has a message of its own.
      const before = arrived()
      await until(() => dead || arrived() > before)
    }
    await until(() => dead || (arrived() === ALERTS && states().every((row) => row['state'] === 'sent')))
    done = !dead
    kill()
    await ended
  }

  expect(kills).toBeGreaterThan(2)
  const keysOf = new Map<string, Set<string>>()
  for (const { key, body } of provider.received) {
    for (const { subject } of body.items) keysOf.set(subject, (keysOf.get(subject) ?? new Set()).add(key))
  }
  expect([...keysOf.keys()].sort()).toEqual(Array.from({ length: ALERTS }, (_, i) => `alert-${1000 + i}`))
  expect([...keysOf.values()].map((keys) => keys.size)).toEqual(Array.from({ length: ALERTS }, () => 1))
})
