import './fleet.css'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Fleet } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { type Answer, ask } from '../shell/calls.ts'
import { elapsed, setClock } from '../shell/clock.ts'
import { formatTime } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { When } from '../shell/when.tsx'
import { EventList } from './event-list.tsx'
import { keptInOrder, orderOf } from './fleet-filter.ts'
import { FLEET_WORDS } from './fleet-words.ts'
import { HeldList } from './held-list.tsx'
import { HubList } from './hub-list.tsx'

/** A hub counts as silent after minutes; half of one is soon enough to see it. */
const LOOK_EVERY_MS = 30_000
/** Each look keeps the session in use: a page that nobody uses stops looking, and is signed out in its time. */
const USED_MS = 10 * 60_000

type Trouble = Exclude<Answer<Fleet>, { type: 'fine' }>

/** All hubs of the clinic, worst first, and what a technician can do about them. */
export function FleetPage() {
  const say = useWords(FLEET_WORDS)
  const language = useLanguage()
  const [fleet, setFleet] = useState<Fleet | undefined>(undefined)
  const [trouble, setTrouble] = useState<Trouble | undefined>(undefined)
  const [order, setOrder] = useState<ReturnType<typeof orderOf> | undefined>(undefined)
  const looks = useRef(0)

  const look = useCallback(async (signal?: AbortSignal) => {
    looks.current += 1
    const own = looks.current
    const answer = await ask<Fleet>('/v1/fleet', signal === undefined ? {} : { signal })
    // Of several at once the newest counts: an older answer knows less.
    if (signal?.aborted === true || own !== looks.current) return
    if (answer.type !== 'fine') {
      setTrouble(answer)
      return
    }
    setClock(answer.data.at)
    setTrouble(undefined)
    setFleet(answer.data)
    setOrder((kept) => kept ?? orderOf(answer.data))
  }, [])

  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    let timer: number | undefined
    // Not the broker's time, which each answer may correct.
    let usedAt = elapsed()
    const used = () => {
      usedAt = elapsed()
    }
    for (const event of ['pointerdown', 'keydown', 'wheel'] as const) {
      addEventListener(event, used, { passive: true, signal })
    }
    const round = async () => {
      if (elapsed() - usedAt < USED_MS) await look(signal)
      if (!signal.aborted) timer = window.setTimeout(round, LOOK_EVERY_MS)
    }
    void round()
    return () => {
      stop.abort()
      window.clearTimeout(timer)
    }
  }, [look])

  const told = trouble?.type === 'unreachable' && fleet !== undefined
  return (
    <main class="fleet">
      <header>
        <h1>{say('heading')}</h1>
        {fleet !== undefined && trouble === undefined && (
          <p class="soft">
            {say('asOf')} <When at={fleet.at} />
          </p>
        )}
        {(fleet !== undefined || trouble !== undefined) && (
          <Button look="quiet" onClick={() => void look()}>
            {say(trouble === undefined ? 'refresh' : 'again')}
          </Button>
        )}
        <div role="status" class={trouble === undefined ? '' : 'problem'}>
          {fleet === undefined && trouble === undefined && say('loading')}
          {told && `${say('cut')} ${formatTime(fleet.at, language)}.`}
          {trouble !== undefined && !told && refusalText(trouble, language)}
        </div>
      </header>
      {fleet !== undefined && order !== undefined && (
        <>
          {fleet.held.length > 0 && <HeldList held={fleet.held} look={() => look()} />}
          <HubList {...keptInOrder(fleet, order)} sort={() => setOrder(orderOf(fleet))} />
          <EventList events={fleet.events} />
        </>
      )}
    </main>
  )
}
