import { Readable } from 'node:stream'
import { messageOf } from '../../device-drivers/errors.ts'
import { compareLevels } from '../alerts/episode.ts'
import { type AlertTransition, openTransitions } from '../alerts/transitions.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../registry.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Change } from './shapes.ts'
import type { Shown } from './shown.ts'
import { type Onlooker, sightOf } from './sight.ts'
import { isForANurse } from './work-list.ts'

/**
 * What changes of alerts, as server-sent events (html.spec.whatwg.org, 9.2): the id of an event is the transition's
 * cursor, so a page that was cut off says where it was. Each stream reads the journal when its reader has room for more:
 * nothing waits in memory, however slow the reader is.
 */

/** A line by which both ends know that the other is there. */
const KEEP_ALIVE_MS = 15_000
/** A reader that takes nothing for so long is cut; it comes back and reads on from its cursor. */
const STALLED_MS = 30_000
/** How soon a session that has ended ends its stream, at most. */
const CHECK_MS = 1_000
/** Screens of one person. */
export const MAX_STREAMS_EACH = 10
/** Of all people together, far below what a process may have open. */
const MAX_STREAMS = 500
const AT_ONCE = 50
/** Further behind than this it is quicker to ask for the whole list. */
const MAX_BEHIND = 1_000
/** What a browser waits before it comes back. */
const RETRY_MS = 1_000

export interface Listener {
  readonly caller: Onlooker
  /** False: the session has ended or was taken back, and so does the stream. */
  readonly holds: () => boolean
}

export interface ChangesParts {
  readonly journal: Journal
  readonly registry: Pick<Registry, 'grantsOf' | 'citizensOf'>
  readonly clock: { now(): number; monotonic(): number }
  readonly shown: Shown
  readonly log: Log
}

export interface Changes {
  /**
   * @param after cursor of the last transition that is known; from now on when undefined
   * @returns undefined: the caller, or everybody together, has too many open
   */
  open(listener: Listener, after?: number): Readable | undefined
  /** Something may have changed: call it after each commit, and several times a second. Never throws. */
  wake(): void
  readonly count: number
  close(): void
}

interface Stream {
  readonly listener: Listener
  readonly readable: Readable
  cursor: number
  wanting: boolean
  /** Monotonic: of the last line, when its reader had taken everything, of the last look at the session. */
  wroteAt: number
  takenAt: number
  checkedAt: number
}

/** Nobody is to be called by it: paused, dealt with, or no worse than what was told before. */
export function isQuiet(message: AlertMessage, before: AlertMessage | undefined): boolean {
  if (message.state !== 'open' || message.pausedBy !== undefined) return true
  if (before?.state !== 'open' || before.pausedBy !== undefined) return false
  return compareLevels(message.level, before.level) <= 0
}

function changeOf(message: AlertMessage, before: AlertMessage | undefined): Change {
  const { alert, citizen, category, level, state, revision, raisedAt } = message
  return { alert, citizen, category, level, state, revision, raisedAt, quiet: isQuiet(message, before) }
}

const eventOf = (name: string, cursor: number, data: object): string =>
  `id: ${cursor}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`

export function openChanges({ journal, registry, clock, shown, log }: ChangesParts): Changes {
  const { transitionsAfter, transitionsOf } = openTransitions(journal)
  const selectNewest = journal.database.prepare('SELECT max(cursor) AS newest FROM alert_transitions')
  const newest = (): number => Number(selectNewest.get()?.['newest'] ?? 0)
  const streams = new Set<Stream>()
  let closed = false

  function told({ listener }: Stream, transitions: readonly AlertTransition[]): string {
    const sight = sightOf(listener.caller, registry, isoTime(clock.now()))
    const seen = transitions.filter(({ message }) => isForANurse(message) && sight.seesAlert(message))
    if (seen.length === 0) return ''
    const citizens = seen.map(({ message: { citizen, kinds } }) => {
      return { citizen, kinds, purpose: sight.purposeOn(citizen) }
    })
    shown(listener.caller, citizens)
    return seen
      .map(({ cursor, message }) => {
        const before = transitionsOf(message.alert).find(
          ({ message: { revision } }) => revision === message.revision - 1,
        )
        return eventOf('alert', cursor, changeOf(message, before?.message))
      })
      .join('')
  }

  function write(stream: Stream, text: string): void {
    if (text === '') return
    stream.wanting = stream.readable.push(text)
    stream.wroteAt = clock.monotonic()
  }

  function cut(stream: Stream, reason: string): void {
    streams.delete(stream)
    log.info('changes-ended', { account: stream.listener.caller.id, reason })
    // Cuts the connection: an orderly end would leave it open for other requests, and a broker that stops waits for it.
    stream.readable.destroy()
  }

  /** As much as the reader takes. */
  function pump(stream: Stream, end: number): void {
    const now = clock.monotonic()
    if (now - stream.checkedAt >= CHECK_MS || stream.cursor < end) {
      stream.checkedAt = now
      if (!stream.listener.holds()) {
        cut(stream, 'signed-out')
        return
      }
    }
    if (stream.wanting && end - stream.cursor > MAX_BEHIND) {
      stream.cursor = end
      write(stream, eventOf('reload', stream.cursor, {}))
    }
    while (stream.wanting && stream.cursor < end) {
      const page = transitionsAfter(stream.cursor, AT_ONCE)
      const last = page.at(-1)
      if (last === undefined) break
      const text = told(stream, page)
      stream.cursor = last.cursor
      write(stream, text)
    }
    if (stream.wanting && now - stream.wroteAt >= KEEP_ALIVE_MS) write(stream, `: ${isoTime(clock.now())}\n\n`)
    if (stream.readable.readableLength === 0) stream.takenAt = now
    if (now - stream.takenAt >= STALLED_MS) cut(stream, 'reads-too-slowly')
  }

  function attempt(stream: Stream, end: number): void {
    try {
      pump(stream, end)
    } catch (error) {
      log.error('changes-failed', { reason: messageOf(error) })
      streams.delete(stream)
      stream.readable.destroy()
    }
  }

  return {
    get count() {
      return streams.size
    },
    open(listener, after) {
      const { id, organisation } = listener.caller
      const own = [...streams].filter(
        ({ listener: { caller } }) => caller.id === id && caller.organisation === organisation,
      )
      if (closed || own.length >= MAX_STREAMS_EACH || streams.size >= MAX_STREAMS) return undefined
      const now = clock.monotonic()
      const end = newest()
      // A cursor from beyond the end is of before a restore: what is there is new to its reader.
      const cursor = after === undefined || after > end ? end : after
      const readable = new Readable({
        read() {
          stream.wanting = true
          if (streams.has(stream)) attempt(stream, newest())
        },
        destroy(error, done) {
          streams.delete(stream)
          done(error)
        },
      })
      const stream: Stream = { listener, readable, cursor, wanting: false, wroteAt: now, takenAt: now, checkedAt: now }
      streams.add(stream)
      readable.push(`retry: ${RETRY_MS}\n\n`)
      if (after !== undefined && after > end) readable.push(eventOf('reload', end, {}))
      return readable
    },
    wake() {
      if (streams.size === 0) return
      const end = newest()
      for (const stream of [...streams]) attempt(stream, end)
    },
    close() {
      closed = true
      for (const stream of [...streams]) cut(stream, 'closing')
    },
  }
}
