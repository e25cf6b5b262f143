import { useRef, useState } from 'preact/hooks'
import { type Asking, ask } from '../shell/calls.ts'
import { useLanguage } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { useTell } from '../shell/toasts.tsx'
import { useWork } from '../shell/work.ts'

/** One thing that somebody does: under way, refused, done. */
export interface Acting {
  readonly busy: boolean
  /** Why it was not done, in words; empty: nothing was refused. */
  readonly problem: string
  /** A problem that is found here, before anything is sent. */
  readonly complain: (problem: string) => void
  /** @returns true when it is done */
  readonly act: (path: `/${string}`, asking: Asking) => Promise<boolean>
}

interface Doing {
  readonly citizen: string
  /** What is said when it is done. */
  readonly done: string
  /** Done or refused: what is shown may be old now. */
  readonly after: () => void
}

export function useActing({ citizen, done, after }: Doing): Acting {
  const language = useLanguage()
  const tell = useTell()
  const work = useWork()
  const [busy, setBusy] = useState(false)
  const [problem, complain] = useState('')
  // A second click comes before the page is drawn anew.
  const running = useRef(false)
  return {
    busy,
    problem,
    complain,
    async act(path, asking) {
      if (running.current) return false
      running.current = true
      setBusy(true)
      const answer = await ask<unknown>(path, asking)
      running.current = false
      setBusy(false)
      complain(answer.type === 'fine' ? '' : refusalText(answer, language))
      if (answer.type === 'fine') tell(done)
      work?.lookAgain(citizen)
      after()
      return answer.type === 'fine'
    },
  }
}

export const pathOf = (citizen: string, rest: string): `/${string}` =>
  `/v1/citizens/${encodeURIComponent(citizen)}/${rest}`
