import { useState } from 'preact/hooks'
import type { Held } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { formatDate } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { useTell } from '../shell/toasts.tsx'
import { AssignDialog } from './assign-dialog.tsx'
import { countWords } from './assignment.ts'
import { HELD_REASONS, HELD_WORDS } from './fleet-words.ts'

/** The broker releases them between other work, just after it has answered. */
const RELEASED_MS = 1_000

interface ListProps {
  readonly held: readonly Held[]
  /** Looks at the fleet again. */
  readonly look: () => Promise<void>
}

const nameOf = ({ device, slot, hub, reason }: Held): string => `${device} ${slot ?? ''} ${hub} ${reason}`

/** Readings that are nobody's yet, by device and slot. */
export function HeldList({ held, look }: ListProps) {
  const say = useWords(HELD_WORDS)
  const language = useLanguage()
  const tell = useTell()
  const [chosen, choose] = useState<Held | undefined>(undefined)
  return (
    <section class="held" aria-labelledby="held">
      <h2 id="held">{`${say('heading')} (${held.length})`}</h2>
      <p class="soft">{say('intro')}</p>
      <ul>
        {held.map((one) => (
          <li key={nameOf(one)}>
            <div>
              <b>{one.device}</b>
              {one.slot !== undefined && ` · ${say('slot')} ${one.slot}`}
              {` · hub ${one.hub}`}
              <p>{`${countWords(one, language)}, ${formatDate(one.oldest, language)} – ${formatDate(one.newest, language)}. ${HELD_REASONS[one.reason][language]}`}</p>
            </div>
            {one.reason !== 'device-at-other-hub' && (
              <Button label={`${say('assign')}: ${one.device}`} onClick={() => choose(one)}>
                {say('assign')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {chosen !== undefined && (
        <AssignDialog
          held={chosen}
          close={() => choose(undefined)}
          done={(text) => {
            choose(undefined)
            tell(text)
            void look()
            window.setTimeout(look, RELEASED_MS)
          }}
        />
      )}
    </section>
  )
}
