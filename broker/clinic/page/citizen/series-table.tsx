import { useState } from 'preact/hooks'
import { useLanguage, useWords } from '../shell/language.ts'
import { quantityName } from '../shell/names.ts'
import type { Columns, Panel } from './panels.ts'
import { remarksText, type Sources, sourceText, timeText, valuesText } from './point-words.ts'
import { PLOT_WORDS } from './words.ts'

const ROWS = 25

interface TableProps {
  readonly panel: Panel
  readonly columns: Columns
  readonly sources: Sources
  readonly title: string
}

/** The values of a plot once more, newest first; made when somebody opens it. */
export function SeriesTable({ panel, columns, sources, title }: TableProps) {
  const language = useLanguage()
  const say = useWords(PLOT_WORDS)
  const [open, setOpen] = useState(false)
  const [page, setPage] = useState(0)
  const count = columns.at.length
  const pages = Math.max(1, Math.ceil(count / ROWS))
  const here = Math.min(page, pages - 1)
  const rows = Array.from(
    { length: Math.min(ROWS, count - here * ROWS) },
    (_, index) => count - 1 - here * ROWS - index,
  )
  return (
    <details class="values" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{`${say('table')} (${count})`}</summary>
      {open && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a narrow screen it scrolls, by keyboard too */}
          <section class="scroll" tabIndex={0} aria-label={title}>
            <table>
              <caption>
                {`${title} · ${say('newestFirst')}`}
                {panel.lines.some(({ series }) => series.reduced) && ` · ${say('reduced')}`}
              </caption>
              <thead>
                <tr>
                  <th scope="col">{say('measuredAt')}</th>
                  <th scope="col">
                    {panel.lines.map(({ series }) => quantityName(series.quantity, language)).join(' / ')}
                  </th>
                  <th scope="col">{say('measuredBy')}</th>
                  <th scope="col">{say('remarks')}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row}>
                    <td>{timeText(columns.at[row] ?? 0, language)}</td>
                    <td class="number">{valuesText(panel, columns, row, language)}</td>
                    <td>{sourceText(panel, columns, row, sources)}</td>
                    <td>{remarksText(panel, columns, row, language)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          {pages > 1 && (
            <p class="pages">
              <button type="button" disabled={here === 0} onClick={() => setPage(here - 1)}>
                {say('newer')}
              </button>
              <span aria-live="polite">{`${say('page')} ${here + 1} / ${pages}`}</span>
              <button type="button" disabled={here === pages - 1} onClick={() => setPage(here + 1)}>
                {say('older')}
              </button>
            </p>
          )}
        </>
      )}
    </details>
  )
}
