import type { Severity } from './assessment.ts'
import type { FoldState } from './fold-state.ts'
import type { Rule } from './rule.ts'

type Window = FoldState['window']

/** Bound of a window by time. */
const MAX_WINDOW = 50

/**
 * "Two of the last three": how bad it is when one reading alone does not count. By the number of readings or by the
 * time of measuring; a level counts when this reading has it and enough of the window had it too.
 */
export function waited(
  rule: Rule,
  before: Window,
  at: string,
  severity: Severity,
): { window: Window; severity: Severity } {
  const { pending } = rule
  if (pending === undefined) return { window: before.length === 0 ? before : [], severity }
  const { of, withinMinutes = 0 } = pending
  const oldest = Date.parse(at) - withinMinutes * 60_000
  const kept = of === undefined ? before.filter(([time]) => Date.parse(time) >= oldest) : before
  const window = [...kept, [at, severity] as const].slice(-(of ?? MAX_WINDOW))
  const reached = ([2, 1] as const).find((level) => {
    if (severity < level) return false
    if (pending.level !== undefined && (pending.level === 'red') !== (level === 2)) return true
    return window.filter(([, s]) => s >= level).length >= pending.count
  })
  return { window, severity: reached ?? 0 }
}
