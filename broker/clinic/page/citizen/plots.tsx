import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { now } from '../shell/clock.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { flagText, latestText, quantityName } from '../shell/names.ts'
import { markShown } from '../shell/shown-mark.ts'
import { Legend } from './legend.tsx'
import { labelsOf } from './limit-words.ts'
import type { CitizenData } from './loading.ts'
import { elsewhere, panelsOf } from './panels.ts'
import { PLOT_KEYS, PlotCard } from './plot.tsx'
import { plotGroup } from './plot-group.ts'
import { plotQueue } from './plot-queue.ts'
import { deviceText, timeText } from './point-words.ts'
import type { Range } from './range.ts'
import { RangeBar } from './range-bar.tsx'
import { PAGE_WORDS, PLOT_WORDS } from './words.ts'

interface PlotsProps {
  readonly data: CitizenData
  /** Another thing to do with measurements, at the end of the bar. */
  readonly action: ComponentChildren
  readonly range: Range
  readonly onRange: (range: Range) => void
}

/** All that was measured, over one stretch of time. */
export function Plots({ data, range, onRange, action }: PlotsProps) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  const sayOf = useWords(PLOT_WORDS)
  const [zoomed, setZoomed] = useState(false)
  const group = useMemo(() => plotGroup(data.period, setZoomed), [])
  const queue = useMemo(plotQueue, [])
  const panels = useMemo(() => panelsOf(data.overview, data.series), [data])
  const sources = { measuring: data.series.devices, devices: data.overview.devices }
  // Before the plots take the new data, so that they draw once.
  group.setPeriod(data.period)
  group.setLabels(panels.flatMap((panel) => labelsOf(panel, language).map(({ text }) => text)))
  useLayoutEffect(markShown, [data])
  return (
    <section class="measurements" aria-labelledby="measurements">
      <div class="bar">
        <h2 id="measurements">{say('measurements')}</h2>
        <RangeBar range={range} onRange={onRange} zoomed={zoomed} onWhole={() => group.zoom(undefined)} />
        {action}
      </div>
      <Legend />
      <p class="hidden-text" id={PLOT_KEYS}>
        {sayOf('keys')}
      </p>
      {panels.length === 0 && <p class="soft">{say('noMeasurements')}</p>}
      <div class="panels">
        {panels.map((panel) => (
          <PlotCard key={panel.id} panel={panel} group={group} queue={queue} sources={sources} now={now()} />
        ))}
      </div>
      <Elsewhere data={data} />
    </section>
  )
}

/** What has values, but none in the time that is shown. */
function Elsewhere({ data }: Pick<PlotsProps, 'data'>) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  const others = elsewhere(data.overview, data.series)
  if (others.length === 0) return null
  return (
    <p class="soft">
      {`${say('elsewhere')}: `}
      {others
        .map((latest) => {
          const value = `${quantityName(latest.quantity, language)} ${latestText(latest, language)}`
          const flags = latest.flags.map((flag) => `, ${flagText(flag, language)}`).join('')
          const source = deviceText(latest, data.overview.devices)
          return `${value} (${timeText(latest.measuredAt, language)}, ${source}${flags})`
        })
        .join(' · ')}
    </p>
  )
}
