import './citizen.css'
import { useState } from 'preact/hooks'
import type { Overview } from '../../shapes.ts'
import { Badge } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { formatTime } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { addressOf } from '../shell/place.ts'
import { prefer, preference } from '../shell/preferences.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { TYPED_WORDS } from './action-words.ts'
import { OpenAlerts, PastAlerts } from './alert-list.tsx'
import { Equipment } from './equipment.tsx'
import { Missed, Plans } from './lists.tsx'
import { useCitizen } from './loading.ts'
import { Notes } from './notes.tsx'
import { Pauses } from './pauses.tsx'
import { Plots } from './plots.tsx'
import { usualRange } from './range.ts'
import { worstOf } from './standing.ts'
import { templateText } from './template-words.ts'
import { TypedReading } from './typed-reading.tsx'
import { PAGE_WORDS } from './words.ts'

/** Everything about one citizen: how it stands, what was measured, what was done, and whether the equipment works. */
export function CitizenPage({ citizen }: { readonly citizen: string }) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  const [range, setRange] = useState(() => usualRange(preference('range')))
  const { data, refusal, busy, again } = useCitizen(citizen, range)
  const overview = data?.overview
  return (
    <main class="citizen" aria-busy={busy}>
      <div class="top">
        <p class="links">
          <a href={addressOf({ page: 'work-list' })}>{say('back')}</a>
          <a href={addressOf({ page: 'settings', citizen })}>{say('settings')}</a>
        </p>
        <h1>
          {say('citizen')} {citizen} {overview !== undefined && <Badge standing={worstOf(overview.alerts)} />}
        </h1>
        {overview !== undefined && <Watching overview={overview} />}
      </div>
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {overview !== undefined && refusal.type === 'unreachable'
            ? `${say('old')} ${formatTime(overview.at, language)}. `
            : `${refusalText(refusal, language)} `}
          <Button onClick={() => void again()}>{say('again')}</Button>
        </p>
      )}
      {overview === undefined && refusal === undefined && <p class="soft">{say('loading')}</p>}
      {data !== undefined && (
        <>
          <div class="now">
            <OpenAlerts overview={data.overview} again={again} />
            <Pauses overview={data.overview} again={again} />
          </div>
          <Plots
            data={data}
            action={<Typing overview={data.overview} again={again} />}
            range={range}
            onRange={(next) => {
              if ('days' in next) prefer('range', `${next.days}`)
              setRange(next)
            }}
          />
          <div class="around">
            <Plans overview={data.overview} />
            <Missed overview={data.overview} />
            <Notes overview={data.overview} again={again} />
            <PastAlerts overview={data.overview} />
            <Equipment overview={data.overview} />
          </div>
        </>
      )}
    </main>
  )
}

function Watching({ overview }: { readonly overview: Overview }) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  const { watching, at } = overview
  const follows =
    watching.length === 0
      ? say('noTemplate')
      : `${say('follows')} ${watching.map((one) => templateText(one, language)).join(', ')}`
  return <p class="soft">{`${follows} · ${say('fetched')} ${formatTime(at, language)}`}</p>
}

function Typing({ overview, again }: { readonly overview: Overview; readonly again: () => void }) {
  const say = useWords(TYPED_WORDS)
  const [open, setOpen] = useState(false)
  return (
    <div class="typing">
      <Button onClick={() => setOpen(true)}>{say('open')}</Button>
      {open && <TypedReading overview={overview} again={again} onClose={() => setOpen(false)} />}
    </div>
  )
}
