import { expect, test } from 'vitest'
import { type Silence, silenceOf } from '../../../../broker/alerts/plan/silence.ts'
import { type Expected, type ExpectedAlert, expected, windowsOf } from '../../../support/silence-oracle.ts'
import { factsOf, instant, MINUTES, START, silentYear, ticksOf } from '../../../support/silent-year.ts'

const SEED = 2028
const HOMES = 100

const HAPPENED = [
  'missing not-measured',
  'unwatched hub-offline',
  'unwatched hub-behind',
  'unwatched radio-silent',
  'unwatched engine-silent',
  'unwatched device-battery',
  'unwatched device-fault',
  'arrived-late',
  'paused',
]

const minute = (ms: number): number => (ms - START) / 60_000
const optional = <K extends string>(name: K, ms: number | undefined) => (ms === undefined ? {} : { [name]: minute(ms) })

/** As the oracle says it. */
function spoken({ missing, withdrawn, unwatched }: Silence): Expected {
  const told = missing.map(
    ({ kind, slots, toldAt, endedAt }): ExpectedAlert => ({
      rule: `missing/${kind}`,
      cause: 'not-measured',
      windows: slots.map(({ opens }) => minute(opens)),
      told: minute(toldAt),
      ...optional('ended', endedAt),
    }),
  )
  const unknown = unwatched.map(
    ({ kind, cause, slots, toldAt, clinicAt, endedAt }): ExpectedAlert => ({
      rule: kind === undefined ? 'unwatched' : `unwatched/${kind}`,
      cause,
      windows: [...new Set(slots.map(({ opens }) => minute(opens)))].sort((a, b) => a - b),
      told: minute(toldAt),
      ...optional('clinic', clinicAt),
      ...optional('ended', endedAt),
    }),
  )
  return {
    alerts: [...told, ...unknown],
    withdrawn: withdrawn.map(({ slot, at, cause }) => `${slot.kind} ${minute(slot.opens)} ${minute(at)} ${cause}`),
  }
}

const inOrder = ({ alerts, withdrawn }: Expected): Expected => ({
  alerts: [...alerts].sort((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.told - b.told)),
  withdrawn: [...withdrawn].sort(),
})

test('a year of a hundred homes brings the alerts that the words of the rules ask for, and no other', () => {
  const year = silentYear(SEED, HOMES, (plan) => windowsOf(plan, MINUTES).map(({ from, due }) => ({ from, to: due })))
  const ticks = ticksOf(year)
  const seen = new Map<string, number>()
  for (const home of year.homes) {
    const due = new Set(home.plans.flatMap((plan) => windowsOf(plan, MINUTES).map((window) => window.due)))
    const silence = silenceOf(home.plans, factsOf(year, home, due), ticks, START, instant(MINUTES))
    const wanted = inOrder(expected(year, home))
    expect(inOrder(spoken(silence)), home.citizen).toEqual(wanted)
    for (const { rule, cause } of wanted.alerts) {
      const name = `${rule.split('/')[0]} ${cause}`
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    for (const line of wanted.withdrawn) {
      const name = line.split(' ').at(-1) ?? ''
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
  }
  // A year in which something never happened would prove nothing about it.
  for (const name of HAPPENED) expect(seen.get(name), name).toBeGreaterThan(4)
}, 240_000)
