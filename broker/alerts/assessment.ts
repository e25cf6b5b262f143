import type { Kind } from '../../device-drivers/reading.ts'
import type { Evidence } from '../contract/alert.ts'
import type { History } from './normal.ts'

/** 0: within. 1: yellow. 2: red. */
export type Severity = 0 | 1 | 2

/** Newest value of a quantity that a score or a set of answers is made of. */
export interface Input {
  readonly at: string
  readonly value: number
  readonly unit: string
  readonly trusted: boolean
  readonly reading: string
  readonly kind: Kind
}

/** Stable days on which questions were answered, and those with a yes. */
export interface Answered {
  readonly days: number
  readonly yes: number
}

/** What a rule remembers; each type uses its own part. */
export interface Memory {
  readonly history: History
  /** Of a rule with several quantities, by quantity. */
  readonly histories?: Readonly<Record<string, History>>
  readonly answered?: Answered
  /** What has added up, in thousandths. */
  readonly sum?: number
  /** Time and canonical value of the last days, oldest first. */
  readonly recent?: readonly (readonly [at: string, value: number])[]
  readonly inputs?: Readonly<Record<string, Input>>
}

/** What one reading says under one rule, before waiting, hysteresis and the rest. */
export interface Assessment {
  readonly severity: Severity
  readonly evidence: readonly Evidence[]
  readonly trusted: boolean
  /** Far enough inside to end an episode. */
  readonly clear: boolean
  readonly kinds: readonly Kind[]
}

export interface Assessed {
  readonly memory: Memory
  /** Absent when the reading says nothing under this rule. */
  readonly assessment?: Assessment
}

export const worst = (severities: readonly Severity[]): Severity => Math.max(0, ...severities) as Severity
