import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { AlertMessage } from '../../../contract/alert.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { useTell } from '../shell/toasts.tsx'
import { useWork, useWorkState } from '../shell/work.ts'
import { ActionDialog, type Mode } from './action-dialog.tsx'
import { arrange, type Row } from './held-order.ts'
import { useHold } from './hold.ts'
import { Rows } from './rows.tsx'
import { Summary } from './summary.tsx'
import { DIALOG_WORDS, WORDS } from './words.ts'
import './work-list.css'

interface Acting {
  readonly citizen: string
  readonly mode: Mode
  readonly alerts: readonly AlertMessage[]
}

/** Who needs somebody now, worst first. */
export function WorkListPage() {
  const language = useLanguage()
  const say = useWords(WORDS)
  const sayDone = useWords(DIALOG_WORDS)
  const store = useWork()
  const state = useWorkState()
  const tell = useTell()
  const [acting, act] = useState<Acting | undefined>()
  const { held, release, watched } = useHold(acting !== undefined)
  const shown = useRef<readonly Row[]>([])

  useEffect(() => store?.keepInUse(), [store])
  const onAct = useCallback(
    (citizen: string, mode: Mode) => {
      const item = store?.state().list?.items.find((one) => one.citizen === citizen)
      if (item !== undefined) act({ citizen, mode, alerts: item.alerts })
    },
    [store],
  )

  if (state === undefined) return <main />
  const { list, stale, problem } = state
  const { rows, waiting } = arrange(shown.current, list?.items ?? [], held)
  shown.current = rows

  return (
    <main class={stale ? 'work stale' : 'work'}>
      <Summary state={state} waiting={waiting} onShow={release} />
      {list === undefined && (
        <p role="status">{problem === undefined ? say('loading') : refusalText(problem, language)}</p>
      )}
      {list !== undefined && rows.length === 0 && <p class="nobody">{say('nobody')}</p>}
      {rows.length > 0 && <Rows rows={rows} watched={watched} onAct={onAct} />}
      <p class="soft keys">{say('keys')}</p>
      {acting !== undefined && (
        <ActionDialog
          {...acting}
          onClose={() => act(undefined)}
          onDone={(alerts) => {
            act(undefined)
            tell(`${sayDone(acting.mode === 'acknowledge' ? 'acknowledged' : 'closed')}: ${acting.citizen}`)
            for (const alert of alerts) store?.dismiss(alert)
            store?.lookAgain(acting.citizen)
          }}
        />
      )}
    </main>
  )
}
