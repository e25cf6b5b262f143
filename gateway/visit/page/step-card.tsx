import { useState } from 'preact/hooks'
import { type Language, sentenceFor } from '../sentences.ts'
import type { StepView } from '../view.ts'
import type { Word } from './words.ts'

interface CardProps {
  readonly step: StepView
  readonly language: Language
  readonly say: (word: Word) => string
  readonly busy: boolean
  readonly act: (path: string, body?: unknown) => void
}

/** One device of the kit: how far it is, and what can be done next. */
export function StepCard({ step, language, say, busy, act }: CardProps) {
  const [passkey, setPasskey] = useState('')
  const path = `steps/${step.id}`
  const given = /^\d{6}$/.test(passkey) ? { passkey } : {}
  const trouble = step.failure ?? step.trouble
  const heading = `step-${step.id}`
  return (
    <li class={`card ${step.state}`} aria-labelledby={heading}>
      <h2 id={heading}>
        {step.title} <small>{step.id}</small>
      </h2>
      <p class="state">
        {say(step.state)}
        {step.slots !== undefined && ` · ${say('slots')} ${step.slots.join(', ')}`}
      </p>
      <p class="models">{[step.vendor, ...(step.model === undefined ? step.models : [step.model])].join(' · ')}</p>
      <div aria-live="polite">
        {step.doing !== undefined && step.failure === undefined && (
          <p class="progress">
            {say(step.doing)} <span class="left">{`${step.secondsLeft} ${say('seconds')}`}</span>
          </p>
        )}
        {step.shown.length > 0 && (
          <dl class="value">
            {step.shown.map((shown) => (
              <div key={shown.en}>
                <dt>{shown[language]}</dt>
                <dd>{shown.text}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      {trouble !== undefined && (
        <p class="trouble" role="alert">
          {sentenceFor(trouble)[language]}
        </p>
      )}
      {(step.candidates.length > 0 || step.ports.length > 0) && (
        <>
          <label>
            {say('passkey')}
            <input
              inputMode="numeric"
              pattern="[0-9]{6}"
              autocomplete="off"
              value={passkey}
              onInput={(event) => setPasskey(event.currentTarget.value)}
            />
          </label>
          <ul class="found">
            {step.candidates.map(({ address, name, signalDbm, weak }) => (
              <li key={address}>
                <span>{`${name ?? say('nameless')} · ${address} · ${signalDbm} dBm${weak ? ` · ${say('weak')}` : ''}`}</span>
                <button
                  type="button"
                  disabled={busy}
                  onClick={() => act(`${path}/choose`, { place: { address }, ...given })}
                >
                  {say('choose')}
                </button>
              </li>
            ))}
            {step.ports.map((port) => (
              <li key={port.path}>
                <span>{port.path}</span>
                <button
                  type="button"
                  disabled={busy}
                  onClick={() => act(`${path}/choose`, { place: { target: port.path } })}
                >
                  {say('choose')}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="actions">
        {step.state === 'measured' && (
          <button type="button" class="main" disabled={busy} onClick={() => act(`${path}/confirm`)}>
            {say('confirm')}
          </button>
        )}
        {(step.state === 'waiting' || step.state === 'skipped' || step.failure !== undefined) && (
          <button type="button" class="main" disabled={busy} onClick={() => act(`${path}/search`)}>
            {say('search')}
          </button>
        )}
        {step.place !== undefined && (
          <button type="button" disabled={busy} onClick={() => act(`${path}/again`)}>
            {say('again')}
          </button>
        )}
        {step.state !== 'confirmed' && step.state !== 'skipped' && (
          <details>
            <summary>{say('skip')}</summary>
            {(['not-delivered', 'defective', 'later'] as const).map((reason) => (
              <button key={reason} type="button" disabled={busy} onClick={() => act(`${path}/skip`, { reason })}>
                {say(reason)}
              </button>
            ))}
          </details>
        )}
      </div>
    </li>
  )
}
