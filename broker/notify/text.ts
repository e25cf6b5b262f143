import type { Level } from '../contract/alert.ts'
import type { Notice, NoticeItem } from './notice.ts'

/** A notice in the words of its recipient: short enough for a telephone. */

export type Language = 'da' | 'en'

export interface Text {
  readonly subject: string
  readonly body: string
}

interface Words {
  readonly level: Readonly<Record<Level, string>>
  readonly more: (count: number) => string
  readonly since: (citizen: string, time: string) => string
  readonly sinceOf: (hub: string, time: string) => string
  readonly see: string
  readonly over: string
  readonly endings: Readonly<Record<string, string>>
  readonly gap: (rota: string, from: string, to: string | undefined) => string
  readonly locale: string
}

const WORDS: Readonly<Record<Language, Words>> = {
  da: {
    level: { red: 'Rød alarm', yellow: 'Gul alarm', blue: 'Blå alarm' },
    more: (count) => `${count} alarmer. Den alvorligste:`,
    since: (citizen, time) => `Borger ${citizen}, siden ${time}`,
    sinceOf: (hub, time) => `${hub}, siden ${time}`,
    see: 'Se',
    over: 'Afblæst',
    endings: {
      acknowledged: 'kvitteret',
      accepted: 'overtaget af en anden',
      closed: 'lukket',
      withdrawn: 'trukket tilbage',
      paused: 'sat på pause',
    },
    gap: (rota, from, to) =>
      `Hul i vagtplanen ${rota} fra ${from}${to === undefined ? '' : ` til ${to}`}: ingen bliver kaldt. Ret vagtplanen.`,
    locale: 'da-DK',
  },
  en: {
    level: { red: 'Red alert', yellow: 'Yellow alert', blue: 'Blue alert' },
    more: (count) => `${count} alerts. The most severe:`,
    since: (citizen, time) => `Citizen ${citizen}, since ${time}`,
    sinceOf: (hub, time) => `${hub}, since ${time}`,
    see: 'See',
    over: 'All clear',
    endings: {
      acknowledged: 'acknowledged',
      accepted: 'taken over by somebody else',
      closed: 'closed',
      withdrawn: 'withdrawn',
      paused: 'paused',
    },
    gap: (rota, from, to) =>
      `Gap in the rota ${rota} from ${from}${to === undefined ? '' : ` to ${to}`}: nobody will be called. Correct the rota.`,
    locale: 'en-GB',
  },
}

/** @param page with `{alert}` in place of an alert's id; @param zone of the times that are shown */
export function textOf(notice: Notice, language: Language, page: string, zone: string): Text {
  const words = WORDS[language]
  const local = (iso: string): string =>
    new Intl.DateTimeFormat(words.locale, { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(
      Date.parse(iso),
    )
  const [worst] = notice.items
  if (worst === undefined) return { subject: '', body: '' }
  if (notice.purpose === 'gap') return gapText(notice, words, local)
  if (notice.purpose === 'all-clear') return allClearText(notice, worst, words)
  const head = `${words.level[worst.level]} ${worst.subject}`
  const link = `${words.see} ${page.replaceAll('{alert}', worst.subject)}`
  const lines = [
    ...(notice.count > 1 ? [words.more(notice.count)] : []),
    worst.title === undefined ? head : `${head}: ${worst.title}`,
    ...(worst.citizen === undefined || worst.since === undefined
      ? []
      : [(worst.category === 'technical' ? words.sinceOf : words.since)(worst.citizen, local(worst.since))]),
    link,
  ]
  return { subject: notice.count > 1 ? `${head} (+${notice.count - 1})` : head, body: lines.join('\n') }
}

function allClearText({ count, items }: Notice, worst: NoticeItem, words: Words): Text {
  const named = items.map(({ subject, detail }) => `${subject} ${words.endings[detail ?? ''] ?? ''}`.trim())
  const more = count > items.length ? [`(+${count - items.length})`] : []
  return { subject: `${words.over}: ${worst.subject}`, body: `${words.over}: ${[...named, ...more].join(', ')}` }
}

function gapText({ items }: Notice, words: Words, local: (iso: string) => string): Text {
  const lines = items.map(({ subject, detail = '' }) => {
    const [from = '', to = ''] = detail.split('/')
    return words.gap(subject, from === '' ? '' : local(from), to === '' ? undefined : local(to))
  })
  return { subject: lines[0] ?? '', body: lines.join('\n') }
}
