import { type Language, sentenceFor } from './sentences.ts'
import type { StepView, VisitView } from './view.ts'

/** A visit as lines of text. Pure. */

export const linesOf = (view: VisitView, language: Language): string[] => [
  `hub ${view.hub} ${view.software}, broker ${view.brokerReached ? 'reached' : 'not reached'}, radio ${view.radioReady ? 'ready' : 'not ready'}, time ${view.timeKnown ? 'known' : 'unknown'}`,
  view.installation === undefined
    ? 'no installation yet: refresh'
    : `installation ${view.installation} revision ${view.revision}`,
  ...view.steps.map((step) => lineOf(step, language)),
  ...(view.deliveredAt === undefined ? [] : [`report delivered ${view.deliveredAt}`]),
]

const WEAK = { da: 'svagt signal: flyt hubben nærmere', en: 'weak signal: move the hub closer' } as const

export function lineOf(step: StepView, language: Language): string {
  const values = step.shown.map((shown) => `${shown[language]} ${shown.text}`)
  const found = step.candidates.map(
    ({ address, name, signalDbm, weak }) =>
      `${name ?? 'without a name'} ${address} ${signalDbm} dBm${weak ? ` (${WEAK[language]})` : ''}`,
  )
  const parts = [
    step.state,
    ...(step.doing === undefined ? [] : [step.doing]),
    ...(step.failure === undefined ? [] : [`failed: ${sentenceFor(step.failure)[language]} (${step.failure})`]),
    ...(step.trouble === undefined ? [] : [`trouble: ${sentenceFor(step.trouble)[language]} (${step.trouble})`]),
    ...found,
    ...step.ports.map(({ path }) => path),
    ...values,
  ]
  return `${step.id} (${step.title}): ${parts.join(', ')}`
}
