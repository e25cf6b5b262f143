import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { deviceStateSchema } from '../broker/contract/messages.ts'
import type { HubConfig } from './config.ts'
import { type DiskSpace, spaceOf } from './disk-space.ts'
import { pseudonym } from './log.ts'

/**
 * What support may see of a hub: counts, codes, versions and the shape of the configuration. Built up from what is
 * allowed, not cut down from what there is; no secret, address, host, time of a measurement, value or raw byte.
 */
export interface Diagnostics {
  readonly hub: string
  readonly version: string
  readonly node: string
  readonly platform: string
  readonly timeKnown: boolean
  readonly config: {
    readonly secureLine: boolean
    readonly bluetooth: boolean
    readonly retentionDays: number
    /** `target`: eight characters that stand for an address or a port. */
    readonly devices: readonly { readonly id: string; readonly driver: string; readonly target: string }[]
  }
  readonly disk: DiskSpace | undefined
  /** Names in the data folder: files set aside tell of damage. */
  readonly files: readonly string[]
  readonly outbox: OutboxFacts | undefined
}

interface OutboxFacts {
  readonly rows: Readonly<Record<string, number>>
  readonly counters: Readonly<Record<string, number>>
  /** By device, source and code of the error table. */
  readonly rejected: readonly {
    readonly device: string
    readonly source: string
    readonly code: string
    readonly count: number
  }[]
  /** Codes of the error table by device: why its last visit failed. */
  readonly problems: Readonly<Record<string, string>>
}

export interface DiagnosticsParts {
  readonly config: HubConfig
  readonly version: string
  readonly timeKnown: boolean
  /** Node's version, system and processor. */
  readonly runtime: { readonly node: string; readonly platform: string; readonly arch: string }
}

/** The hub may run meanwhile. */
export function diagnose({ config, version, timeKnown, runtime }: DiagnosticsParts): Diagnostics {
  const { hub, dataDir } = config
  const present = existsSync(dataDir)
  const outbox = join(dataDir, 'outbox.db')
  return {
    hub,
    version,
    node: runtime.node,
    platform: `${runtime.platform} ${runtime.arch}`,
    timeKnown,
    config: {
      secureLine: config.broker.url.startsWith('mqtts:'),
      bluetooth: config.bluetooth.enabled,
      retentionDays: config.retentionDays,
      devices: [
        ...config.devices.map(({ id, driver, address }) => ({ id, driver, target: pseudonym(address, hub) })),
        ...config.serial.map(({ id, driver, target }) => ({ id, driver, target: pseudonym(target, hub) })),
      ],
    },
    disk: present ? spaceOf(dataDir) : undefined,
    files: present ? readdirSync(dataDir).map((name) => basename(name)) : [],
    outbox: existsSync(outbox) ? factsOf(outbox) : undefined,
  }
}

/** What an error code looks like; the rest of a reason may quote what was read. */
const CODE = /^[a-z]+(-[a-z]+)+(?=:|$)/

function factsOf(path: string): OutboxFacts {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const counted = (sql: string): Record<string, number> =>
      Object.fromEntries(
        db
          .prepare(sql)
          .all()
          .map(({ name, count }) => [String(name), Number(count)]),
      )
    const rejected = new Map<string, OutboxFacts['rejected'][number]>()
    for (const { device, source, reason } of db.prepare('SELECT device, source, reason FROM rejected').iterate()) {
      const code = CODE.exec(String(reason))?.[0] ?? 'other'
      const key = `${device}|${source}|${code}`
      const count = (rejected.get(key)?.count ?? 0) + 1
      rejected.set(key, { device: String(device), source: String(source), code, count })
    }
    return {
      rows: counted('SELECT state AS name, COUNT(*) AS count FROM rows GROUP BY state'),
      counters: counted('SELECT name, count FROM counters'),
      rejected: [...rejected.values()],
      problems: problemsOf(db),
    }
  } finally {
    db.close()
  }
}

function problemsOf(db: DatabaseSync): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const { name, value } of db.prepare(`SELECT name, value FROM notes WHERE name LIKE 'device/%'`).all()) {
    const { problem } = deviceStateSchema.safeParse(JSON.parse(String(value))).data ?? {}
    if (problem !== undefined) problems[String(name).slice('device/'.length)] = problem
  }
  return problems
}
