import { useState } from 'preact/hooks'
import type { BlankView } from '../blank-hub.ts'
import type { Word } from './words.ts'

interface BlankCardProps {
  readonly view: BlankView
  readonly say: (word: Word) => string
  readonly busy: boolean
  readonly take: (path: string, body?: unknown) => void
}

/** A hub that belongs to nobody yet: what it is, and a place for the clinic's code. */
export function BlankCard({ view, say, busy, take }: BlankCardProps) {
  const [code, setCode] = useState('')
  const [broker, setBroker] = useState('')
  const [fingerprint, setFingerprint] = useState('')
  if (view.enrolled !== undefined) return <p role="status">{`${view.enrolled}: ${say('starting')}`}</p>
  const enrol = (event: Event) => {
    event.preventDefault()
    const byHand = { ...(broker !== '' && { broker }), ...(fingerprint !== '' && { fingerprint }) }
    // No secret stays on the page: a code is good for one try.
    setCode('')
    take('enrol', { code: code.trim(), ...byHand })
  }
  return (
    <form onSubmit={enrol}>
      <dl>
        <div>
          <dt>{say('serial')}</dt>
          <dd>{view.serial}</dd>
        </div>
        <div>
          <dt>{say('software')}</dt>
          <dd>{view.software}</dd>
        </div>
      </dl>
      <label>
        {say('invitation')}
        <input
          autocomplete="off"
          spellcheck={false}
          required
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      </label>
      <details>
        <summary>{say('byHand')}</summary>
        <label>
          {say('address')}
          <input type="url" value={broker} onInput={(event) => setBroker(event.currentTarget.value)} />
        </label>
        <label>
          {say('fingerprint')}
          <input
            autocomplete="off"
            spellcheck={false}
            value={fingerprint}
            onInput={(event) => setFingerprint(event.currentTarget.value)}
          />
        </label>
      </details>
      <button type="submit" class="main" disabled={busy}>
        {say('enrol')}
      </button>
    </form>
  )
}
