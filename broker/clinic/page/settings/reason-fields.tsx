import { now } from '../shell/clock.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { dateText, isoOfText } from '../shell/local-time.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import { remedyWords } from './remedies.ts'

export type DecisionProblem = 'reason' | 'review'

/** As the broker takes it: a sentence of at most 200 characters. */
const MAX_REASON = 200

/** Why something was decided, and when it is looked at again. @param reviewAt local date, or empty */
export function readDecision(
  reason: string,
  reviewAt: string,
): {
  readonly problem: DecisionProblem | undefined
  readonly body: { readonly reason: string; readonly reviewAt?: string }
} {
  const review = reviewAt === '' ? undefined : isoOfText(reviewAt)
  const problem =
    reason.trim() === '' ? 'reason' : reviewAt !== '' && reviewAt <= dateText(now()) ? 'review' : undefined
  return { problem, body: { reason: reason.trim(), ...(review === undefined ? {} : { reviewAt: review }) } }
}

interface FieldsProps {
  readonly id: string
  readonly reason: string
  readonly reviewAt: string
  readonly problem: DecisionProblem | undefined
  readonly told: Readonly<Record<string, string>>
  readonly changeReason: (reason: string) => void
  readonly changeReview: (date: string) => void
}

export function ReasonFields({ id, reason, reviewAt, problem, told, changeReason, changeReview }: FieldsProps) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  const broker = (path: string) => told[path] && remedyWords(told[path], language)
  const reasonTold = problem === 'reason' ? say('reasonMissing') : broker('reason')
  const reviewTold = problem === 'review' ? say('reviewPast') : broker('reviewAt')
  return (
    <div class="decision">
      <div>
        <label for={`${id}-reason`}>{say('reason')}</label>
        <textarea
          id={`${id}-reason`}
          rows={2}
          maxLength={MAX_REASON}
          required
          value={reason}
          aria-invalid={reasonTold !== undefined}
          aria-describedby={`${id}-reason-hint`}
          onInput={(event) => changeReason(event.currentTarget.value)}
        />
        <p id={`${id}-reason-hint`} class={reasonTold === undefined ? 'hint' : 'problem'}>
          {reasonTold ?? say('reasonHint')}
        </p>
      </div>
      <div>
        <label for={`${id}-review`}>{say('reviewAt')}</label>
        <input
          id={`${id}-review`}
          type="date"
          value={reviewAt}
          aria-invalid={reviewTold !== undefined}
          aria-describedby={`${id}-review-problem`}
          onInput={(event) => changeReview(event.currentTarget.value)}
        />
        <p id={`${id}-review-problem`} class="problem">
          {reviewTold}
        </p>
      </div>
    </div>
  )
}
