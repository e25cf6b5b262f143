import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

/** Whoever has not moved for so long looks, and does not reach for anything. */
export const HOLD_MS = 10_000
/** Whoever leaves may be on the way to the button that shows what waits. */
const LEAVE_MS = 2_000

export interface Hold {
  readonly held: boolean
  /** Somebody has asked for the new order. */
  readonly release: () => void
  /** For the element that the rows are in. */
  readonly watched: {
    readonly onPointerMove: (event: PointerEvent) => void
    readonly onPointerDown: (event: PointerEvent) => void
    readonly onPointerLeave: (event: PointerEvent) => void
    readonly onKeyDown: () => void
    readonly onFocusIn: () => void
    readonly onFocusOut: (event: FocusEvent) => void
  }
}

/**
 * Held from the first touch until ten seconds after the last one, or two after pointer and focus have left.
 * @param open a dialog stands over the list: held until it is closed
 */
export function useHold(open: boolean): Hold {
  const [touched, setTouched] = useState(false)
  const over = useRef(false)
  const within = useRef(false)
  const timer = useRef<number | undefined>(undefined)

  const release = useCallback(() => {
    window.clearTimeout(timer.current)
    setTouched(false)
  }, [])
  const releaseIn = useCallback(
    (ms: number) => {
      window.clearTimeout(timer.current)
      timer.current = window.setTimeout(release, ms)
    },
    [release],
  )
  const touch = useCallback(() => {
    releaseIn(HOLD_MS)
    setTouched(true)
  }, [releaseIn])
  useEffect(() => () => window.clearTimeout(timer.current), [])
  // Who closes a dialog is still at it.
  useEffect(() => {
    if (open) return touch
  }, [open, touch])

  const onPointer = () => {
    over.current = true
    touch()
  }
  return {
    held: touched || open,
    release,
    watched: {
      onPointerMove: onPointer,
      onPointerDown: onPointer,
      onPointerLeave({ pointerType }) {
        over.current = false
        // A finger leaves with every tap, and comes again.
        if (pointerType === 'mouse' && !within.current) releaseIn(LEAVE_MS)
      },
      onKeyDown: touch,
      onFocusIn() {
        within.current = true
        touch()
      },
      onFocusOut({ currentTarget, relatedTarget }) {
        within.current =
          currentTarget instanceof Node && relatedTarget instanceof Node && currentTarget.contains(relatedTarget)
        if (!within.current && !over.current) releaseIn(LEAVE_MS)
      },
    },
  }
}
