/** In which order plots are drawn: what is in sight before the next frame, the rest while nobody does anything. */
export interface PlotQueue {
  readonly add: (host: HTMLElement, draw: () => void) => Waiting
}

export interface Waiting {
  /** Somebody is at it: draws it now unless it is drawn. */
  readonly now: () => void
  readonly cancel: () => void
}

/** Somebody who scrolls at once does not wait longer for each. */
const WITHIN_MS = 200

export function plotQueue(): PlotQueue {
  const waiting = new Map<HTMLElement, () => void>()
  let begun = false

  function draw(host: HTMLElement): void {
    const drawing = waiting.get(host)
    waiting.delete(host)
    drawing?.()
  }

  function begin(): void {
    // All are looked for before one is drawn: each drawing would make the browser lay out the page again.
    const inSight = [...waiting.keys()].filter((host) => {
      const { top, bottom } = host.getBoundingClientRect()
      return top < window.innerHeight && bottom > 0
    })
    for (const host of inSight) draw(host)
    next()
  }

  function next(): void {
    const [host] = waiting.keys()
    begun = host !== undefined
    if (host === undefined) return
    const one = () => {
      draw(host)
      next()
    }
    requestIdleCallback(one, { timeout: WITHIN_MS })
  }

  return {
    add(host, drawing) {
      waiting.set(host, drawing)
      // When all that come together are there, and before anything is painted.
      if (!begun) queueMicrotask(begin)
      begun = true
      return { now: () => draw(host), cancel: () => waiting.delete(host) }
    },
  }
}
