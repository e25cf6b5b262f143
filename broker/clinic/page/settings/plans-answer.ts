import type { Kind } from '../../../../device-drivers/reading.ts'
import type { Plan } from '../../../alerts/plan/plan.ts'

/** `GET /v1/citizens/:citizen/plans`: those that hold now or begin later. */
export interface PlansAnswer {
  readonly plans: readonly Plan[]
}

/** Versions of one kind's plan, the earliest first. */
export const plansOf = ({ plans }: PlansAnswer, kind: Kind): readonly Plan[] =>
  plans.filter((plan) => plan.kind === kind).toSorted((a, b) => (a.from < b.from ? -1 : 1))
