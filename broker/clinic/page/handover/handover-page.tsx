import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Handover, Handovers } from '../../shapes.ts'
import { ask } from '../shell/calls.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { addressOf } from '../shell/place.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { When } from '../shell/when.tsx'
import { Counts } from './counts.tsx'
import { HandoverForm } from './handover-form.tsx'
import { WORDS } from './words.ts'
import './handover.css'

const SHOWN = 10

/** One shift to the next: what to watch, and what was said before. */
export function HandoverPage() {
  const language = useLanguage()
  const say = useWords(WORDS)
  const [earlier, setEarlier] = useState<readonly Handover[] | undefined>()
  const [problem, setProblem] = useState('')

  const look = useCallback(
    async (signal?: AbortSignal) => {
      const answer = await ask<Handovers>(`/v1/handovers?limit=${SHOWN}`, signal === undefined ? {} : { signal })
      if (signal?.aborted === true) return
      if (answer.type === 'fine') setEarlier(answer.data.items)
      setProblem(answer.type === 'fine' ? '' : refusalText(answer, language))
    },
    [language],
  )
  useEffect(() => {
    const leaving = new AbortController()
    void look(leaving.signal)
    return () => leaving.abort()
  }, [look])

  return (
    <main class="handover">
      <h1>{say('title')}</h1>
      <div class="beside">
        <section aria-labelledby="handover-write">
          <h2 id="handover-write">{say('write')}</h2>
          <HandoverForm onDone={() => void look()} />
        </section>
        <section aria-labelledby="handover-earlier">
          <h2 id="handover-earlier">{say('earlier')}</h2>
          <p class="trouble" role="alert">
            {problem}
          </p>
          {earlier?.length === 0 && <p>{say('none')}</p>}
          <ul class="earlier">
            {earlier?.map((handover) => (
              <li key={handover.id}>
                <Earlier handover={handover} />
              </li>
            ))}
          </ul>
        </section>
      </div>
    </main>
  )
}

function Earlier({ handover }: { readonly handover: Handover }) {
  const say = useWords(WORDS)
  const { at, by, byName, text, open, citizens } = handover
  return (
    <article>
      <h3>
        <When at={at} /> · {byName ?? by}
      </h3>
      <Counts of={open} title={say('openThen')} />
      {text !== '' && <p class="said">{text}</p>}
      <ul>
        {citizens.map((line) => (
          <li key={line.citizen}>
            <a href={addressOf({ page: 'citizen', citizen: line.citizen })}>{line.citizen}</a>:{' '}
            <span class="said">{line.text}</span>
          </li>
        ))}
      </ul>
    </article>
  )
}
