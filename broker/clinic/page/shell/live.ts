import type { Change } from '../../shapes.ts'
import { saysSignedOut, tellSignedOut } from './calls.ts'
import { elapsed } from './clock.ts'
import { eventParser } from './event-stream.ts'

/**
 * What happens, as it happens: `/v1/changes`. Read with fetch and not with EventSource, which hides the comment lines by
 * which a silent line is told from a dead one, and the status by which an ended session is told from a broken line.
 */

/** The broker says something every 15 s; after this the line is dead, whatever TCP believes. */
const SILENT_MS = 20_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 15_000
/** A line that was cut sooner was never any good: the next try waits longer. */
const STEADY_MS = 5_000

export interface LiveParts {
  /** Changes after this one, as `cursor` of the work list says. */
  readonly after: number
  readonly onChange: (change: Change) => void
  /** So much has happened that one asks for the list anew. */
  readonly onReload: () => void
  /** Anything was heard, if only that there is nothing. */
  readonly onWord: () => void
  /** The line is up, or was cut. */
  readonly onLine: (line: 'live' | 'cut') => void
}

/** Opens the line and opens it again when it is cut, after the newest change that was heard. @returns closes it */
export function openLive({ after, onChange, onReload, onWord, onLine }: LiveParts): () => void {
  let newest = String(after)
  let wait = FIRST_WAIT_MS
  let timer: number | undefined
  let controller = new AbortController()
  let closed = false

  const armed = (then: () => void, ms: number) => {
    window.clearTimeout(timer)
    timer = window.setTimeout(then, ms)
  }

  async function listen(signal: AbortSignal): Promise<'over' | 'cut'> {
    const headers = { accept: 'text/event-stream', 'last-event-id': newest }
    const response = await fetch('/v1/changes', { headers, signal })
    if (!response.ok) {
      const told = await response.json().catch(() => undefined)
      if (!saysSignedOut(response.status, told?.error?.code)) return 'cut'
      tellSignedOut()
      return 'over'
    }
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const parse = eventParser()
    onLine('live')
    for (;;) {
      const piece = await reader?.read()
      if (piece === undefined || piece.done || closed) return 'cut'
      armed(() => controller.abort(), SILENT_MS)
      onWord()
      for (const { event, data, id } of parse(piece.value)) {
        if (id !== '') newest = id
        if (event === 'alert') onChange(JSON.parse(data) as Change)
        else if (event === 'reload') onReload()
      }
    }
  }

  async function round(): Promise<void> {
    controller = new AbortController()
    armed(() => controller.abort(), SILENT_MS)
    const began = elapsed()
    // A line that breaks, an answer that is none: all the same to who listens, and tried again.
    const end = await listen(controller.signal).catch(() => 'cut' as const)
    controller.abort()
    if (closed || end === 'over') return
    onLine('cut')
    wait = elapsed() - began > STEADY_MS ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS)
    armed(() => void round(), wait)
  }

  void round()
  return () => {
    closed = true
    window.clearTimeout(timer)
    controller.abort()
  }
}
