import { useEffect, useState } from 'preact/hooks'

/** The time now by the broker's clock: a screen on a wall may be minutes off, and "3 min ago" must not be. */

let aheadMs = 0

/** ms since 1970 UTC. */
export const now = (): number => Date.now() + aheadMs

/** Less is the way of the answer and no wrong clock. */
const TOLERANCE_MS = 2_000

/** @param at the broker's time, ISO 8601, as an answer that has just come says it */
export function setClock(at: string): void {
  const ahead = Date.parse(at) - Date.now()
  if (Math.abs(ahead - aheadMs) > TOLERANCE_MS) aheadMs = ahead
}

/** Ages are told in minutes. */
const TICK_MS = 10_000
const watchers = new Set<() => void>()
let timer: number | undefined

function watchTicks(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= window.setInterval(() => {
    for (const told of watchers) told()
  }, TICK_MS)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

/**
 * What is true now, kept true: computed anew every ten seconds, drawn only when it changed. One timer for all of them.
 * @param of must give equal values for equal times; a new one is taken at each drawing
 */
export function useNow<T extends string | number | boolean>(of: (now: number) => T): T {
  const [, draw] = useState<T>()
  useEffect(() => {
    const look = () => draw(of(now()))
    return watchTicks(look)
  })
  return of(now())
}

/** Milliseconds since the page was opened, for durations: no answer of the broker moves it. */
export const elapsed = (): number => performance.now()
