import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { focusFirst, homesOf } from '../shell/focus-home.ts'
import { useWords } from '../shell/language.ts'
import { markShown } from '../shell/shown-mark.ts'
import type { Mode } from './action-dialog.tsx'
import type { Row } from './held-order.ts'
import type { Hold } from './hold.ts'
import { groupOf } from './order.ts'
import { WorkRow } from './row.tsx'
import { WORDS } from './words.ts'

interface RowsProps {
  readonly rows: readonly Row[]
  readonly watched: Hold['watched']
  readonly onAct: (citizen: string, mode: Mode) => void
}

/** No row is lower, one with two buttons or one with one, nor is what lies above the rows. */
const LEAST_PX = { open: 96, other: 56, above: 100 } as const
/** From this width on the rows stand in two columns (work-list.css). */
const TWO_COLUMNS_PX = 1600
/** Drawn at a time while nobody does anything, some milliseconds; after so long also when somebody does. */
const MORE_ROWS = 20
const MORE_WITHIN_MS = 200

/** All of them, paused ones under a heading of their own. What has the focus or the pointer keeps its place in the window. */
export function Rows({ rows, watched, onAct }: RowsProps) {
  const say = useWords(WORDS)
  const region = useRef<HTMLDivElement>(null)
  const drawn = useDrawn(rows)
  useSteady(region, rows)
  const shown = rows.slice(0, drawn)
  const paused = shown.filter(({ item }) => groupOf(item) === 'paused')
  const active = shown.filter(({ item }) => groupOf(item) !== 'paused')
  const draw = (row: Row) => <WorkRow key={row.item.citizen} {...row} onAct={onAct} />
  // Keys of the row that has the focus arrive here; the group itself is nothing to act on.
  const keys = {
    ...watched,
    onKeyDown(event: KeyboardEvent) {
      watched.onKeyDown()
      onKey(event, onAct)
    },
  }
  return (
    <div ref={region} class="rows" {...keys}>
      <h2 class="hidden-text">{say('now')}</h2>
      <ul class="work-list">{active.map(draw)}</ul>
      {paused.length > 0 && (
        <>
          <h2>{say('paused')}</h2>
          <ul class="work-list">{paused.map(draw)}</ul>
        </>
      )}
    </div>
  )
}

/** How many rows surely fill the window. */
function windowful(rows: readonly Row[]): number {
  const columns = window.innerWidth < TWO_COLUMNS_PX ? 1 : 2
  let room = columns * (window.innerHeight - LEAST_PX.above)
  const after = rows.findIndex(({ item }) => {
    room -= item.alerts.some(({ state }) => state === 'open') ? LEAST_PX.open : LEAST_PX.other
    return room <= 0
  })
  return after < 0 ? rows.length : after + 1
}

/** How many rows to draw: a windowful first, then the others, a few at a time. */
function useDrawn(rows: readonly Row[]): number {
  const { length } = rows
  const [drawn, setDrawn] = useState(() => windowful(rows))
  useLayoutEffect(markShown, [])
  useEffect(() => {
    if (drawn >= length) return
    const idle = requestIdleCallback(() => setDrawn(drawn + MORE_ROWS), { timeout: MORE_WITHIN_MS })
    return () => cancelIdleCallback(idle)
  }, [drawn, length])
  return drawn
}

/**
 * Keeps the row that somebody is at where it is in the window, whatever moves or grows above it, and the focus on it.
 * @param rows a new array whenever something is drawn anew
 */
function useSteady(region: { current: HTMLElement | null }, rows: readonly Row[]): void {
  const before = useRef(rows)
  const changes = before.current !== rows
  // Measured while drawing: after it the rows have moved.
  const focused = changes ? document.activeElement : null
  const own = focused instanceof HTMLElement && region.current?.contains(focused) ? focused : undefined
  const hovered = changes ? region.current?.querySelector('li[data-citizen]:hover') : undefined
  const row = hovered ?? own?.closest('li[data-citizen]')
  const top = row?.getBoundingClientRect().top
  const homes = own === undefined ? [] : homesAt(own, region.current)
  useLayoutEffect(() => {
    before.current = rows
    if (row?.isConnected === true && top !== undefined) scrollBy(0, row.getBoundingClientRect().top - top)
    if (own === undefined || own === document.activeElement) return
    focusFirst([own, ...homes])
  }, [rows])
}

/** Moving takes the focus. A button that is gone leaves it to its row, a row to the one after it. */
function homesAt(own: HTMLElement, region: HTMLElement | null): HTMLElement[] {
  const links = rowLinks(region)
  const at = links.findIndex((link) => own.closest('li[data-citizen]')?.contains(link))
  return [...links.slice(Math.max(at, 0)), ...homesOf(own)]
}

const rowLinks = (region: HTMLElement | null): HTMLElement[] => [
  ...(region?.querySelectorAll<HTMLElement>('a[data-row]') ?? []),
]

/** Single keys only while a row has the focus (WCAG 2.2, 2.1.4). */
function onKey(event: KeyboardEvent, onAct: RowsProps['onAct']): void {
  const { key, target, currentTarget } = event
  if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return
  const row = target.closest<HTMLElement>('li[data-citizen]')
  const citizen = row?.dataset['citizen']
  if (row === null || citizen === undefined || !(currentTarget instanceof HTMLElement)) return
  if (key === 'a' && row.querySelector('.actions button:not(.quiet)') !== null) {
    event.preventDefault()
    onAct(citizen, 'acknowledge')
    return
  }
  const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const links = rowLinks(currentTarget)
  const next = links[links.findIndex((link) => row.contains(link)) + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}
