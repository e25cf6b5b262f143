/** Says to whoever measures that all data is on the screen: `performance.mark('shown')`. */

const NAME = 'shown'

/** Call when everything is in the document. uPlot draws in a microtask; the mark is set after the next paint. */
export function markShown(): () => void {
  let timer: number | undefined
  const frame = requestAnimationFrame(() => {
    timer = window.setTimeout(() => {
      // One at a time: a page that is open for days would keep them all.
      performance.clearMarks(NAME)
      performance.mark(NAME)
    })
  })
  return () => {
    cancelAnimationFrame(frame)
    window.clearTimeout(timer)
  }
}
