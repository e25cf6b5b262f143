import type { Language } from '../shell/said.ts'
import type { PlanDraft, PlanProblem } from './plan-draft.ts'
import { PLAN_WORDS } from './plan-words.ts'
import { remedyWords } from './remedies.ts'

/** What is wrong with a draft, in words, by path of the plan (`phases.0.windows.1.to`). */

interface Found {
  /** While reading the fields. */
  readonly read: Readonly<Record<string, PlanProblem>>
  /** By the broker, about what could be read. */
  readonly broker: Readonly<Record<string, string>>
  readonly draft: PlanDraft
  /** Somebody tried to save: what is empty is wrong from then on. */
  readonly tried: boolean
  readonly language: Language
}

export function planProblems({ read, broker, draft, tried, language }: Found): Readonly<Record<string, string>> {
  const words: Record<string, string> = {}
  for (const [path, remedy] of Object.entries(broker)) words[path] = remedyWords(remedy, language)
  for (const [path, problem] of Object.entries(read)) {
    if (problem !== 'missing' || tried) words[path] = PLAN_WORDS[problem][language]
  }
  if (tried && draft.reason.trim() === '') words['reason'] = PLAN_WORDS.reasonMissing[language]
  return words
}

/** Paths at which a field of the editor shows what is wrong. */
const SHOWN =
  /^(from|to|holidays|graceMinutes|unwatchedAfterHours|reason|phases\.\d+\.(days|schedule(\.(type|days|on))?|windows(\.\d+(\.(from|to))?)?))$/

/** Those that no field of the editor stands for. */
export const strayProblems = (problems: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(problems).flatMap(([path, text]) => (SHOWN.test(path) ? [] : [`${path}: ${text}`]))
