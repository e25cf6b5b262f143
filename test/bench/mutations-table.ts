import type { Mutation } from '../support/tree-copy.ts'

/** Defects made on purpose, and the check that must notice each. */
export interface MutationCase {
  readonly name: string
  readonly changes: readonly Mutation[]
  /** Of `node`; run in the changed copy. */
  readonly check: readonly string[]
  /** What the red check must say, so that it is red for this defect and not for another. */
  readonly shows: RegExp
}

const VITEST = './node_modules/vitest/vitest.mjs'
const vitest = (...files: string[]): string[] => [VITEST, 'run', ...files.map((file) => `test/${file}.test.ts`)]
const bench = (name: string, ...options: string[]): string[] => ['test/bench/main.ts', name, ...options]
/** A sample of the calls of each side: a lost commit shows in most of them. */
const SYSCALLS = bench('syscalls', '--secs', '12', '--seed', '2')
/** Half a run is enough for what these break. */
const CRASH = bench('crash', '--secs', '20', '--seed', '3')

const red = (figure: string): RegExp => new RegExp(`${figure} +[1-9][0-9]* +PAST`)

export const MUTATIONS: readonly MutationCase[] = [
  {
    name: 'the broker sends the receipt before it stores',
    changes: [
      {
        file: 'broker/ingest.ts',
        from: 'this.#queue.push({ hub, payload, resolve, reject })',
        to: `this.#queue.push({ hub, payload, resolve, reject })
      const early = parseReadings(payload)
      if (early.type === 'readings') {
        this.#parts.publish(receiptsOf([{ hub, claim: claimOf(early) }]))
      }`,
      },
      {
        file: 'broker/ingest.ts',
        from: 'if (ms > 0) void clock.sleep(ms, NEVER).then(work)',
        to: 'if (ms !== 0) setTimeout(work, 200)',
      },
    ],
    check: CRASH,
    shows: red('lost'),
  },
  {
    name: 'the broker answers PUBACK before it ingests',
    changes: [
      {
        file: 'broker/mqtt-topics.ts',
        from: 'await accept(who.id, bytesOf(packet.payload))',
        to: 'accept(who.id, bytesOf(packet.payload)).catch(() => undefined)',
      },
    ],
    check: vitest('broker/mqtt-broker-hubs'),
    shows: /FAIL .*PUBACK/,
  },
  {
    name: 'the hub forgets a reading when it is sent',
    changes: [
      {
        file: 'gateway/uplink.ts',
        from: '    client.publish(topics.hubReadings(hub), payload',
        to: `    void outbox.receipt({ epoch: outbox.epoch, first, last: first + bodies.length - 1 })
    client.publish(topics.hubReadings(hub), payload`,
      },
    ],
    check: CRASH,
    shows: red('lost'),
  },
  {
    name: 'the hub tells a device "received" before the record is on its disk',
    changes: [
      {
        file: 'gateway/session.ts',
        from: '        const made = read(event.record)',
        to: `        if (talk.commit !== undefined) await talk.commit(event.record)
        const made = read(event.record)`,
      },
    ],
    check: vitest('gateway/session'),
    shows: /FAIL .*(commit|disk|received|stored)/,
  },
  {
    name: 'an indication is confirmed before its record is on the disk',
    changes: [
      {
        file: 'gateway/transport/noble-confirmations.ts',
        from: 'if (!indication.claimed) release(indication)',
        to: 'release(indication)',
      },
    ],
    check: vitest('gateway/transport/noble-links'),
    shows: /FAIL .*an indication is confirmed when its reader asks/,
  },
  {
    name: 'the broker does not sync its journal at each commit',
    changes: [
      { file: 'broker/store/journal.ts', from: 'PRAGMA synchronous = FULL', to: 'PRAGMA synchronous = NORMAL' },
    ],
    check: bench('powercut'),
    shows: /24 cuts, lost by hub 0, by broker [1-9]/,
  },
  {
    name: 'the broker takes a commit that failed for one that is done, and receipts it',
    changes: [
      {
        file: 'broker/store/journal.ts',
        from: `      database.exec('COMMIT')
      return result`,
        to: `      try {
        database.exec('COMMIT')
      } catch {
        if (database.isTransaction) database.exec('ROLLBACK')
      }
      return result`,
      },
    ],
    check: SYSCALLS,
    shows: red('broker-violations'),
  },
  {
    name: 'the hub takes a commit that failed for one that is done, and tells the device',
    changes: [
      {
        file: 'gateway/group-commit.ts',
        from: `      this.#db.exec('COMMIT')
`,
        to: `      try {
        this.#db.exec('COMMIT')
      } catch {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      }
`,
      },
    ],
    check: SYSCALLS,
    shows: red('hub-violations'),
  },
  {
    name: 'the broker goes on with its journal after an I/O error',
    changes: [
      {
        file: 'broker/store/journal.ts',
        from: 'if (isBeyondRetry(error)) breakAt(error)',
        to: 'if (isBeyondRetry(error) && broken) breakAt(error)',
      },
    ],
    check: vitest('journeys/broker-disk'),
    shows: /FAIL .*fault 19/,
  },
  {
    name: 'the broker promises on a log that was never synced',
    changes: [{ file: 'broker/store/journal.ts', from: '    settle(database)\n', to: '' }],
    check: vitest('broker/store/journal'),
    shows: /FAIL .*carried what the last process left/,
  },
  {
    name: 'the hub promises on a log that was never synced',
    changes: [
      {
        file: 'gateway/outbox-file.ts',
        from: 'const settled = settledNow(db)',
        to: 'const settled = true || settledNow(db)',
      },
    ],
    check: vitest('gateway/outbox-unsynced'),
    shows: /FAIL .*promised after the restart only when/,
  },
  {
    name: 'a damaged page that is met by reading ends nothing',
    changes: [
      { file: 'gateway/outbox-sql.ts', from: 'if (isBeyondRetry(error)) onBroken', to: 'if (!error) onBroken' },
    ],
    check: vitest('journeys/damaged-outbox'),
    shows: /FAIL .*pages that go bad under a running hub/,
  },
  {
    name: 'a configuration is good once the broker was reached',
    changes: [{ file: 'gateway/run.ts', from: 'trials.follow(hub.healthy', to: 'trials.follow(hub.ready' }],
    check: vitest('gateway/trials'),
    shows: /FAIL .*reaches the broker and is not good for that/,
  },
  {
    name: 'a file set aside is not looked for after a start',
    changes: [
      {
        file: 'gateway/outbox-aside.ts',
        from: 'name.endsWith(PENDING)',
        to: `name.endsWith(PENDING + '!')`,
      },
    ],
    check: vitest('gateway/outbox-takeover'),
    shows: /FAIL .*is not forgotten when the power fails/,
  },
  {
    name: 'how far a file set aside is taken over is not noted',
    changes: [
      {
        file: 'gateway/outbox-takeover.ts',
        from: '      this.#notes.write(noteOf(source.file), JSON.stringify(source.progress))\n',
        to: '',
      },
    ],
    check: vitest('gateway/outbox-takeover'),
    shows: /FAIL .*is gone on with by the next process/,
  },
  {
    name: 'held rows are given their times all at once',
    changes: [{ file: 'gateway/outbox-rows.ts', from: 'const HELD_PAGE = 100', to: 'const HELD_PAGE = 1_000_000' }],
    check: vitest('gateway/outbox'),
    shows: /FAIL .*many held rows their times page by page/,
  },
  {
    name: 'a row given up is still counted as decoded',
    changes: [{ file: 'gateway/outbox-rows.ts', from: `  count(sql, 'decoded', -1)\n`, to: '' }],
    check: vitest('gateway/outbox-faults'),
    shows: /FAIL .*sets a row apart/,
  },
  {
    name: 'the quarantine has no bound',
    changes: [
      {
        file: 'broker/store/quarantine.ts',
        from: 'if (entries < bounds.entries && bytes',
        to: 'if (entries >= 0 || bytes',
      },
    ],
    check: vitest('broker/store/quarantine'),
    shows: /FAIL .*keeps so many a day/,
  },
  {
    name: "a foreign hub's words stay in the place of the rightful one's",
    changes: [
      {
        file: 'broker/admit.ts',
        from: "if (standing.state !== 'clinical') return",
        to: "if (standing.state === 'clinical') return",
      },
    ],
    check: vitest('journeys/duplicates'),
    shows: /FAIL .*fault 25/,
  },
  {
    name: "a reading's id depends on the hub's clock",
    changes: [
      {
        file: 'device-drivers/reading-id.ts',
        from: "const hash = createHash('sha256')",
        to: "const hash = createHash('sha256').update(String(performance.now()))",
      },
    ],
    check: CRASH,
    shows: red('countedTwice'),
  },
  {
    name: 'receipted rows are never pruned',
    changes: [
      {
        file: 'gateway/retention.ts',
        from: 'DELETE FROM rows WHERE seq IN',
        to: 'DELETE FROM rows WHERE 0 AND seq IN',
      },
    ],
    check: vitest('gateway/outbox'),
    shows: /FAIL .*forgets receipted/,
  },
  {
    name: 'devices that pass by are never forgotten',
    changes: [{ file: 'gateway/transport/noble-internals.ts', from: 'delete book[id]', to: 'void book[id]' }],
    check: vitest('gateway/transport/noble-scan'),
    shows: /FAIL .*leave no more than 512/,
  },
  {
    name: 'devices that pass by for a whole day are never forgotten',
    changes: [{ file: 'gateway/transport/noble-internals.ts', from: 'delete book[id]', to: 'void book[id]' }],
    check: bench('soak'),
    shows: /heapGrowthMb +[0-9.]+ +PAST/,
  },
  {
    name: 'the radio has no deadline',
    changes: [{ file: 'gateway/transport/deadline.ts', from: '}, limits.ms)', to: '}, 2 ** 31 - 1)' }],
    check: vitest('gateway/transport/deadline'),
    shows: /FAIL .*deadline/,
  },
  {
    name: 'there is no deadline on opening the line to the broker',
    changes: [{ file: 'gateway/uplink.ts', from: 'ms: this.#withinMs,', to: 'ms: 2 ** 31 - 1,' }],
    check: vitest('journeys/link'),
    shows: /FAIL .*answers pings and no subscription/,
  },
  {
    name: 'a clock that jumps is believed',
    changes: [{ file: 'gateway/believed-time.ts', from: '<= STEP_MS', to: '<= Infinity' }],
    check: vitest('journeys/clock'),
    shows: /FAIL .*fault 15/,
  },
  {
    name: 'a quiet house is taken for one with a deaf radio',
    changes: [
      {
        file: 'gateway/transport/scan.ts',
        from: 'this.#everHeard ? this.#deafAfterMs() : this.#silenceMs',
        to: 'this.#silenceMs',
      },
    ],
    check: vitest('journeys/radio'),
    shows: /FAIL .*in which only a cuff speaks/,
  },
  {
    name: 'a value at the limit is taken for one beyond it',
    changes: [
      {
        file: 'broker/alerts/limits.ts',
        from: 'low ? difference < 0 : difference > 0',
        to: 'low ? difference <= 0 : difference >= 0',
      },
    ],
    check: CRASH,
    shows: red('alertsWrong'),
  },
  {
    name: 'alerts are judged in the order of arrival',
    changes: [
      {
        file: 'broker/alerts/rule-run.ts',
        from: 'if (inOrder && current.complete) return fold',
        to: 'if (current?.complete === true) return fold',
      },
    ],
    check: vitest('broker/alerts/order'),
    shows: /FAIL .*shuffled/,
  },
  {
    name: 'what is weeks old is told as if it were news',
    changes: [{ file: 'broker/alerts/alert-message.ts', from: '<= horizonHours * 3_600_000', to: '<= Infinity' }],
    check: vitest('broker/alerts/people'),
    shows: /FAIL .*older than the horizon/,
  },
  {
    name: 'a doubtful reading raises red by itself',
    changes: [{ file: 'broker/alerts/fold.ts', from: 'if (assessment.trusted) return', to: 'return' }],
    check: vitest('broker/alerts/rules'),
    shows: /FAIL .*a doubtful reading/,
  },
  {
    name: 'a plan knows no summer time',
    changes: [
      {
        file: 'broker/alerts/plan/slots.ts',
        from: 'toZonedDateTime(zone, { disambiguation })',
        to: "toZonedDateTime(zone === '' ? zone : '+01:00', { disambiguation })",
      },
    ],
    check: vitest('broker/alerts/plan/slots'),
    shows: /FAIL .*same local time when the clock is turned/,
  },
  {
    name: 'a citizen is blamed before the home has said that it holds nothing',
    changes: [
      { file: 'broker/alerts/plan/verdict.ts', from: 'holdsNothingBefore >= slot.due', to: 'holdsNothingBefore >= 0' },
    ],
    check: vitest('broker/alerts/plan/plan-watch'),
    shows: /FAIL .*hub-behind/,
  },
  {
    name: 'a device that was silent for days is expected anew each day',
    changes: [
      {
        file: 'broker/alerts/plan/expected.ts',
        from: 'firstFrom(after + 1)',
        to: 'firstFrom(Math.max(after + 1, now))',
      },
    ],
    check: vitest('broker/alerts/plan/expected'),
    shows: /FAIL .*it is overdue since then/,
  },
  {
    name: 'what is technical is told to whoever has a grant',
    changes: [{ file: 'broker/notify/entitled.ts', from: "category === 'technical'", to: 'kinds === undefined' }],
    check: vitest('broker/notify/routing'),
    shows: /FAIL .*goes to technicians only/,
  },
  {
    name: 'a message goes out under another key at each attempt',
    changes: [
      {
        file: 'broker/notify/webhook.ts',
        from: "'idempotency-key': message.key",
        to: "'idempotency-key': message.key + performance.now()",
      },
    ],
    check: vitest('broker/notify/provider-faults'),
    shows: /FAIL .*asked again with the same key/,
  },
  {
    name: 'a provider that takes a message and stays silent is believed',
    changes: [
      {
        file: 'broker/notify/message.ts',
        from: "state: 'sent',\n      nextAt: receiptWithinMs === undefined ? undefined : now + receiptWithinMs,",
        to: "state: 'delivered',\n      nextAt: undefined,",
      },
    ],
    check: vitest('broker/notify/provider-faults'),
    shows: /FAIL .*stays silent is asked once more/,
  },
  {
    name: 'a call stops at its first step',
    changes: [
      {
        file: 'broker/notify/call.ts',
        from: 'const step = call.step + 1\n',
        to: 'const step = Math.min(call.step + 1, 1)\n',
      },
    ],
    check: vitest('broker/notify/notifier'),
    shows: /FAIL .*that nobody answers reaches the leader/,
  },
  {
    name: 'what adds up is never taken back',
    changes: [
      {
        file: 'broker/alerts/assess-cumulative.ts',
        from: 'reduce((sum, { weight }) => sum + weight,',
        to: 'reduce((sum, { weight }) => sum + Math.max(0, weight),',
      },
    ],
    check: vitest('broker/alerts/rules'),
    shows: /readings as usual in between take back what was added/,
  },
  {
    name: 'the watcher trusts the heartbeat alone',
    changes: [
      {
        file: 'broker/watch/verdict.ts',
        from: 'SIGNALS.filter((signal) =>',
        to: "SIGNALS.filter((signal) => signal === 'heartbeat' &&",
      },
    ],
    check: vitest('broker/watch/verdict'),
    shows: /FAIL .*comes when only rise is missing/,
  },
  {
    name: 'a reading about which a device is told "received" shares a commit like one of a live stream',
    changes: [
      {
        file: 'gateway/session.ts',
        from: 'event.live === true && event.remember === undefined && talk.commit === undefined',
        to: 'event.live === true && event.remember === undefined',
      },
    ],
    check: vitest('gateway/session'),
    shows: /FAIL .*waits for the disk like any other/,
  },
  {
    name: 'an update is installed whoever signed it',
    changes: [{ file: 'gateway/update/manifest.ts', from: 'if (!verify(null', to: 'if (false && !verify(null' }],
    check: vitest('gateway/update/archive'),
    shows: /FAIL .*another key signed it/,
  },
  {
    name: 'a release that dies at once is tried for ever',
    changes: [{ file: 'gateway/trial.ts', from: 'const MAX_STARTS = 3', to: 'const MAX_STARTS = 3_000' }],
    check: vitest('gateway/update/install'),
    shows: /FAIL .*starts three times in one boot/,
  },
  {
    name: 'the watchdog is pinged also by a hub that stands still',
    changes: [
      {
        file: 'gateway/readiness.ts',
        from: '  let failing = false',
        to: `  execFile('sh', ['-c', 'while :; do systemd-notify WATCHDOG=1; sleep 1; done'], { timeout: 40_000 })
  let failing = false`,
      },
    ],
    check: vitest('journeys/watchdog'),
    shows: /FAIL .*killed and started anew by the watchdog/,
  },
]
