/**
 * Says to whoever measures (test/bench) that what is within the window is painted with its values:
 * `performance.mark('shown')`. What lies below the window may still be drawn.
 */

const NAME = 'shown'

/** Call in a layout effect. The frame that paints it comes next; the mark is set after it. @returns takes it back */
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
