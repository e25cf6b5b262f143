import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useLanguage, useWords } from '../shell/language.ts'
import { limitsText, normalText, shortName } from './limit-words.ts'
import { columnsOf, type Panel } from './panels.ts'
import { openPlot, type Plot } from './plot-canvas.ts'
import { type PlotGroup, scaled } from './plot-group.ts'
import type { PlotQueue, Waiting } from './plot-queue.ts'
import {
  missingText,
  panelTitle,
  pointText,
  remarksText,
  type Sources,
  sourceText,
  timeText,
  valuesText,
} from './point-words.ts'
import { SeriesTable } from './series-table.tsx'
import { indexOf, type Move, moved, type Stop, stopsOf } from './stops.ts'
import { PLOT_WORDS } from './words.ts'

const KEYS: Readonly<Record<string, Move>> = {
  ArrowLeft: 'earlier',
  ArrowRight: 'later',
  PageUp: 'much-earlier',
  PageDown: 'much-later',
  Home: 'first',
  End: 'last',
}
/** Of the time that is seen, for each + or -. */
const ZOOM = 0.6

/** Id of the text that says which keys a plot takes. */
export const PLOT_KEYS = 'plot-keys'

interface PlotProps {
  readonly panel: Panel
  readonly group: PlotGroup
  readonly queue: PlotQueue
  readonly sources: Sources
  /** ms since 1970 UTC */
  readonly now: number
}

/** One quantity over time: title, newest value, limits in words, plot, and the same as a table. */
export function PlotCard({ panel, group, queue, sources, now }: PlotProps) {
  const language = useLanguage()
  const say = useWords(PLOT_WORDS)
  const id = useId()
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | undefined>(undefined)
  const readout = useRef<HTMLParagraphElement>(null)
  const [heard, setHeard] = useState('')
  const [stop, setStop] = useState<Stop>()
  const columns = useMemo(() => columnsOf(panel.lines), [panel])
  const title = panelTitle(panel, language)
  const newest = columns.at.length - 1

  // The plot lives longer than one drawing: what it calls must see what is shown now.
  const latest = useRef({ panel, columns, sources, language })
  latest.current = { panel, columns, sources, language }
  const tell = (row: number | undefined) => {
    const { panel: p, columns: c, sources: s, language: l } = latest.current
    if (readout.current !== null) {
      readout.current.textContent = row === undefined ? '' : pointText(p, c, row, s, l)
    }
  }

  const shown = { panel, columns, language, now, staff: say('staff') }
  const drawn = useRef(shown)
  const waiting = useRef<Waiting | undefined>(undefined)
  useLayoutEffect(() => {
    const { current: place } = host
    if (place === null) return
    const own = queue.add(place, () => {
      plot.current = openPlot(place, group, drawn.current, tell)
    })
    waiting.current = own
    return () => {
      own.cancel()
      plot.current?.close()
      plot.current = undefined
    }
  }, [group, queue, panel.lines.length])
  useLayoutEffect(() => {
    const { panel: before, language: spoken } = drawn.current
    drawn.current = shown
    // The first time it was opened with it.
    if (before !== panel || spoken !== language) plot.current?.show(shown)
  }, [panel, language])

  const walk = (event: KeyboardEvent) => {
    const move = KEYS[event.key]
    const zoom = event.key === '+' ? ZOOM : event.key === '-' ? 1 / ZOOM : undefined
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (move !== undefined) {
      const { from, to } = group.view()
      const stops = stopsOf(columns, panel, from, to)
      const next = stops[moved(indexOf(stops, stop), move, stops.length)]
      setStop(next)
      plot.current?.point(next)
      const text = textOf(next)
      setHeard(text)
      if (readout.current !== null) readout.current.textContent = text
    } else if (zoom !== undefined) {
      const { from, to } = group.view()
      group.zoom(scaled({ from, to }, zoom, stop?.at ?? to))
    } else if (event.key === '0') group.zoom(undefined)
    else if (event.key === 'Escape') leave()
    else return
    event.preventDefault()
  }
  const textOf = (one: Stop | undefined): string => {
    if (one === undefined) return say('nothing')
    return 'row' in one ? pointText(panel, columns, one.row, sources, language) : missingText(one.missing, language)
  }
  const leave = () => {
    setStop(undefined)
    setHeard('')
    plot.current?.point(undefined)
  }

  return (
    <article class="panel" aria-labelledby={`${id}-title`}>
      <header>
        <h3 id={`${id}-title`}>{title}</h3>
        {newest >= 0 && (
          <p class="newest">
            <strong>{valuesText(panel, columns, newest, language)}</strong>
            <span>
              {[timeText(columns.at[newest] ?? 0, language), sourceText(panel, columns, newest, sources)].join(' · ')}
            </span>
            <Remarks text={remarksText(panel, columns, newest, language)} />
          </p>
        )}
      </header>
      <div class="guides">
        {panel.lines.map((line) => {
          const limits = limitsText(line, language)
          const normal = normalText(line, language)
          const name = shortName(panel, line, language)
          if (limits === '' && normal === '') return null
          return (
            <p key={line.series.quantity}>
              {name !== '' && `${name} `}
              {limits !== '' && `${say('limits')}: ${limits}. `}
              {normal !== '' && `${say('normal')}: ${normal}.`}
            </p>
          )
        })}
      </div>
      <div
        class="plot"
        ref={host}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the readings
        tabIndex={0}
        role="application"
        aria-roledescription={say('plot')}
        aria-label={title}
        aria-describedby={PLOT_KEYS}
        onFocus={() => waiting.current?.now()}
        onKeyDown={walk}
        onBlur={leave}
      />
      <p class="readout" ref={readout} aria-hidden="true" />
      <p class="heard hidden-text" aria-live="polite">
        {heard}
      </p>
      {newest >= 0 && <SeriesTable panel={panel} columns={columns} sources={sources} title={title} />}
    </article>
  )
}

function Remarks({ text }: { readonly text: string }) {
  return text === '' ? null : <em class="remarks">{text}</em>
}
