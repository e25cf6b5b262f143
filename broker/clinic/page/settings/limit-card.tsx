import { useState } from 'preact/hooks'
import type { LimitsAnswer } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { formatDate } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { quantityName, unitText } from '../shell/names.ts'
import { listed } from '../shell/plan-sentence.ts'
import { focusWithin } from './focus.ts'
import { FourLimits } from './four-limits.tsx'
import { LimitEditor } from './limit-editor.tsx'
import { byOrigin, originWords, type QuantityLimits } from './limit-sentences.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import type { Versioned } from './versioned.ts'

/** set: may save. try: may see what others would have said. */
export interface LimitRights {
  readonly set: boolean
  readonly try: boolean
}

interface CardProps {
  readonly citizen: string
  readonly limits: QuantityLimits
  /** Of all quantities. */
  readonly all: Versioned<LimitsAnswer>
  readonly rights: LimitRights
  /** Just added: the editor is open. */
  readonly begun: boolean
  readonly keep: (limits: Versioned<LimitsAnswer>) => void
  readonly announce: (text: string) => void
}

/** One quantity: the four limits that hold, who set them and why, and the editor below. */
export function LimitCard({ citizen, limits, all, rights, begun, keep, announce }: CardProps) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  const [open, setOpen] = useState(begun)
  const id = `card-${limits.rule || limits.quantity}`
  const name = quantityName(limits.quantity, language)
  const unit = unitText(limits.unit)
  const bare = Object.keys(limits.effective).length === 0
  const begin = rights.set ? 'edit' : 'try'
  const close = () => {
    setOpen(false)
    focusWithin(id, 'header button')
  }
  return (
    <article class={bare ? 'card limits bare' : 'card limits'} id={id} aria-labelledby={`${id}-name`}>
      <header>
        <h3 id={`${id}-name`}>
          {name} {unit !== '' && <small>{unit}</small>}
        </h3>
        {(rights.set || rights.try) && !open && (
          <Button label={`${say(begin)}: ${name}`} onClick={() => setOpen(true)}>
            {say(begin)}
          </Button>
        )}
      </header>
      {!bare && <FourLimits values={limits.effective} decimals={limits.decimals} />}
      <Origins limits={limits} />
      {open && (
        <LimitEditor
          citizen={citizen}
          limits={limits}
          all={all}
          saves={rights.set}
          name={name}
          close={close}
          keep={keep}
          announce={announce}
        />
      )}
    </article>
  )
}

/** Who set which of them, when and why. */
function Origins({ limits }: { readonly limits: QuantityLimits }) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  const groups = byOrigin(limits)
  if (groups.length === 0) return <p class="soft origin">{say('noneSet')}</p>
  const da = language === 'da'
  return (
    <ul class="origins">
      {groups.map(({ origin, bounds }) => {
        const { author, from, reason, reviewAt } = origin
        const which = listed(
          bounds.map((bound) => say(bound)),
          language,
        )
        return (
          <li key={`${origin.level} ${origin.version}`}>
            <span>{groups.length > 1 && `${which}: `}</span>
            <b>{originWords(origin, language)}</b>
            {` · ${author === 'template' ? '' : `${author}, `}${formatDate(from, language)} · ${da ? '»' : '“'}${reason}${da ? '«' : '”'}`}
            {reviewAt !== undefined &&
              ` · ${da ? 'vurderes igen' : 'to be reviewed'} ${formatDate(reviewAt, language)}`}
          </li>
        )
      })}
    </ul>
  )
}
