import type { Notice } from '../notify/notice.ts'
import type { Language, Text } from '../notify/text.ts'
import type { Signal } from './verdict.ts'

/** What the watcher says to people. */

interface Words {
  readonly late: string
  readonly advice: string
  readonly signals: Readonly<Record<Signal, string>>
  readonly well: (minutes: number) => string
  readonly beat: string
}

const WORDS: Readonly<Record<Language, Words>> = {
  da: {
    late: 'PreCare: alarmerne virker måske ikke',
    advice: 'Ingen borger er overvåget, før det er løst. Se efter brokeren, og ring til klinikken.',
    signals: {
      heartbeat: 'intet livstegn fra brokeren',
      rise: 'testalarmen kom ikke',
      clear: 'testalarmen blev ikke afmeldt',
    },
    well: (minutes) => `PreCare: alarmerne virker igen efter ${minutes} min`,
    beat: 'PreCare: alarmerne virker',
  },
  en: {
    late: 'PreCare: alerts may not be working',
    advice: 'No citizen is watched over until this is solved. Look after the broker, and call the clinic.',
    signals: {
      heartbeat: 'no sign of life from the broker',
      rise: 'the test alert did not come',
      clear: 'the test alert did not clear',
    },
    well: (minutes) => `PreCare: alerts work again after ${minutes} min`,
    beat: 'PreCare: alerts work',
  },
}

export type Said = { readonly late: readonly Signal[] } | { readonly wellAfterMs: number } | 'beat'

export function say(said: Said, language: Language): { readonly notice: Notice; readonly text: Text } {
  const words = WORDS[language]
  if (said === 'beat') return told('all-clear', words.beat, '')
  if ('wellAfterMs' in said)
    return told('all-clear', words.well(Math.max(1, Math.round(said.wellAfterMs / 60_000))), '')
  const reasons = said.late.map((signal) => words.signals[signal]).join('; ')
  return told('alert', words.late, `${reasons}. ${words.advice}`)
}

function told(purpose: 'alert' | 'all-clear', title: string, more: string) {
  const item = { subject: 'alerting', level: 'red', category: 'technical', title } as const
  const body = more === '' ? title : `${title}: ${more}`
  return { notice: { purpose, count: 1, items: [item] }, text: { subject: title, body } }
}
