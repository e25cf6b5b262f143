import { useRef, useState } from 'preact/hooks'
import { isQuantity, QUANTITIES, type Quantity } from '../../../../device-drivers/quantities.ts'
import type { LimitsAnswer, LimitValues } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { unitText } from '../shell/names.ts'
import { useUnsaved } from '../shell/unsaved.ts'
import { focusWithin } from './focus.ts'
import { FourLimits } from './four-limits.tsx'
import { LimitConflict } from './limit-conflict.tsx'
import { BOUNDS, draftOf, isEmpty, type LimitDraft, readDraft, trialKey } from './limit-draft.ts'
import { LimitFields } from './limit-fields.tsx'
import { markOf, type QuantityLimits } from './limit-sentences.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import { ReasonFields, readDecision } from './reason-fields.tsx'
import { remedyWords } from './remedies.ts'
import { TrialPanel } from './trial-panel.tsx'
import { useDryRun } from './use-dry-run.ts'
import { useSaving } from './use-saving.ts'
import type { Versioned } from './versioned.ts'
import { Withdrawal } from './withdrawal.tsx'

const FIRST_WEEKS = 8

interface EditorProps {
  readonly citizen: string
  readonly limits: QuantityLimits
  /** Of all quantities, as they are shown. */
  readonly all: Versioned<LimitsAnswer>
  /** Otherwise it is only tried. */
  readonly saves: boolean
  readonly name: string
  readonly close: () => void
  readonly keep: (limits: Versioned<LimitsAnswer>) => void
  readonly announce: (text: string) => void
}

const limitsOf = (answer: LimitsAnswer, { quantity, rule }: QuantityLimits): LimitValues =>
  answer.limits.find((one) => one.quantity === quantity && one.rule === rule)?.effective ?? {}

/** New limits for one quantity, with the dry run beside them. What is typed stays until it is saved or left. */
export function LimitEditor({ citizen, limits, all, saves, name, close, keep, announce }: EditorProps) {
  const { quantity, decimals, effective } = limits
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  const id = `edit-${limits.rule || quantity}`
  const [draft, setDraft] = useState<LimitDraft>(() => draftOf(effective, decimals, markOf(language)))
  const begun = useRef(draft)
  const [reason, setReason] = useState('')
  const [reviewAt, setReviewAt] = useState('')
  const [tried, setTried] = useState(false)
  const [asking, ask] = useState<'unseen' | 'back' | undefined>(undefined)
  const [weeks, setWeeks] = useState<number>(FIRST_WEEKS)
  const [request, setRequest] = useState(0)
  const base = `/v1/citizens/${encodeURIComponent(citizen)}/limits` as const
  const path = `${base}/${encodeURIComponent(quantity)}` as const
  const saving = useSaving<LimitsAnswer>({ path, look: base, seen: all.etag, keep, before: all.data })

  const about: Quantity | undefined = isQuantity(quantity) ? QUANTITIES[quantity] : undefined
  const { values, problems } = readDraft(draft, about?.range)
  const decision = readDecision(reason, reviewAt)
  const trial = useDryRun(`${path}/dry-run`, values, weeks, all.etag, request)
  const seenTrials = useRef(new Set<string>())
  useUnsaved(
    saves && (BOUNDS.some((bound) => draft[bound] !== begun.current[bound]) || reason !== '' || reviewAt !== ''),
  )
  const key = values === undefined ? undefined : trialKey(values, all.etag)
  if (trial.current && key !== undefined) seenTrials.current.add(key)

  const run = () => {
    ask(undefined)
    setRequest(request + 1)
  }
  const goToMistake = () => focusWithin(id, '[aria-invalid=true]')
  const send = async () => {
    ask(undefined)
    if (values === undefined) return
    const outcome = await saving.send('PUT', { limits: values, ...decision.body })
    if (outcome === 'refused') goToMistake()
    if (outcome !== 'saved') return
    announce(`${name}: ${say('saved')}`)
    close()
  }
  const save = (event: Event) => {
    event.preventDefault()
    if (!saves) {
      run()
      return
    }
    setTried(true)
    if (values === undefined || decision.problem !== undefined) goToMistake()
    else if (key !== undefined && !seenTrials.current.has(key)) ask('unseen')
    else void send()
  }
  const conflict = saving.conflict

  return (
    <div class="editor" id={id}>
      <form noValidate onSubmit={save} aria-label={`${say(saves ? 'edit' : 'try')}: ${name}`}>
        {conflict !== undefined && values !== undefined && (
          <LimitConflict
            was={limitsOf(conflict.before, limits)}
            now={effective}
            mine={values}
            decimals={decimals}
            take={() => {
              setDraft(draftOf(effective, decimals, markOf(language)))
              saving.settle()
            }}
          />
        )}
        <LimitFields
          id={id}
          draft={draft}
          problems={problems}
          told={saving.fields}
          decimals={decimals}
          unit={unitText(limits.unit)}
          name={name}
          change={(next) => {
            setDraft(next)
            saving.forget()
          }}
        />
        {isEmpty(draft) && <p class="problem">{say('emptyDraft')}</p>}
        {saving.fields['limits'] !== undefined && (
          <p class="problem">{remedyWords(saving.fields['limits'], language)}</p>
        )}
        {saves && (
          <ReasonFields
            id={id}
            reason={reason}
            reviewAt={reviewAt}
            problem={tried ? decision.problem : undefined}
            told={saving.fields}
            changeReason={setReason}
            changeReview={setReviewAt}
          />
        )}
        {saving.trouble !== undefined && (
          <p class="problem" role="alert">
            {saving.trouble}
          </p>
        )}
        <div class="row">
          {saves && (
            <Button type="submit" look="main" busy={saving.busy}>
              {say(saving.busy ? 'saving' : 'save')}
            </Button>
          )}
          <Button onClick={close}>{say(saves ? 'leave' : 'closeTry')}</Button>
          {saves && limits.own && <Button onClick={() => ask('back')}>{say('back')}</Button>}
          {!saves && <span class="soft">{say('tryOnly')}</span>}
        </div>
      </form>
      <TrialPanel id={id} trial={trial} weeks={weeks} mistaken={values === undefined} choose={setWeeks} run={run} />
      {asking === 'unseen' && (
        <Dialog title={say('unseenTitle')} onClose={() => ask(undefined)}>
          <p>{say('unseenText')}</p>
          <div class="row">
            <Button look="main" onClick={run}>
              {say('unseenRun')}
            </Button>
            <Button onClick={() => void send()}>{say('unseenSave')}</Button>
          </div>
        </Dialog>
      )}
      {asking === 'back' && (
        <Withdrawal
          title={`${say('backTitle')}: ${name}`}
          action={say('back')}
          path={path}
          look={base}
          all={all}
          close={() => ask(undefined)}
          keep={keep}
          done={() => {
            announce(`${name}: ${say('backSaved')}`)
            close()
          }}
        >
          <p>{say('backText')}</p>
          {limits.inherited !== undefined && <FourLimits values={limits.inherited} decimals={decimals} />}
        </Withdrawal>
      )}
    </div>
  )
}
