import { useEffect, useState } from 'preact/hooks'
import type { RedNews } from '../work-list/news.ts'
import type { WorkState } from '../work-list/work-store.ts'
import { alertSentence } from './alert-sentence.ts'
import { now } from './clock.ts'
import { type Language, useLanguage, useWords } from './language.ts'
import { addressOf } from './place.ts'
import { WORDS } from './words.ts'
import { useWork, useWorkState } from './work.ts'

/** Who it is about and, as soon as the list has it, why. */
export function urgentSentence({ list, news }: WorkState, language: Language): string {
  const [red] = news.reds
  return red === undefined ? '' : sentenceOf(red, list, language)
}

function sentenceOf({ alert, citizen }: RedNews, list: WorkState['list'], language: Language): string {
  const item = list?.items.find((one) => one.citizen === citizen)
  const told = item?.alerts.find((one) => one.alert === alert)
  const why = told === undefined ? '' : `: ${alertSentence(told, now(), language)}`
  return `${WORDS.newRed[language]}, ${citizen}${why}`
}

/** A new red, below the header and over the page, moving nothing: it stays until somebody has looked. */
export function RedBar() {
  const language = useLanguage()
  const say = useWords(WORDS)
  const store = useWork()
  const state = useWorkState()
  const reds = state?.news.reds ?? []
  const [red] = reds
  // A live region speaks of what changes inside it: the text comes after the region.
  const [said, setSaid] = useState('')
  const sentence = state === undefined ? '' : urgentSentence(state, language)
  useEffect(() => setSaid(sentence), [sentence])
  if (store === undefined) return null
  return (
    <section class={red === undefined ? 'red-bar empty' : 'red-bar'} aria-label={say('reds')}>
      <div>
        <p role="alert">{said}</p>
        {red !== undefined && (
          <>
            <a
              class="button"
              href={addressOf({ page: 'citizen', citizen: red.citizen })}
              aria-label={`${say('open')} ${red.citizen}`}
              onClick={() => store?.dismiss(red.alert)}
            >
              {say('open')}
            </a>
            <button
              type="button"
              class="button"
              aria-label={`${say('seen')}: ${red.citizen}`}
              onClick={() => store?.dismiss(red.alert)}
            >
              {say('seen')}
            </button>
            {reds.length > 1 && (
              <span class="more">
                +{reds.length - 1} {say('moreReds')}
              </span>
            )}
          </>
        )}
      </div>
    </section>
  )
}
