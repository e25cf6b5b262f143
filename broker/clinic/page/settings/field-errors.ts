/**
 * What the broker finds wrong with a body, by field: `phases[0].windows[1].to: must be later than from; reason: ...`.
 */
const PART = /^(?:body\.)?([A-Za-z][\w.[\]]*): (.+)$/s

/** @returns messages by path with dots (`phases.0.windows.1.to`); empty when the advice names no field */
export function fieldErrors(advice: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const part of advice.split(/; (?=[A-Za-z][\w.[\]]*: )/)) {
    const [, path, message] = PART.exec(part) ?? []
    if (path === undefined || message === undefined) continue
    found[path.replaceAll(/\[(\d+)\]/g, '.$1')] ??= message
  }
  return found
}
