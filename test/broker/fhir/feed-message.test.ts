import { expect, test } from 'vitest'
import { at, DOCUMENT, message, openCore, pull, reading } from '../core-fixture.ts'
import { r4Problems } from './r4.ts'

const HUB = 'hub-0001'
const FHIR = { ...DOCUMENT, organisations: [{ id: 'clinic', title: 'The clinic', fhir: true }] }

test('an organisation that asks for it gets each reading also as an Observation, with the cursor of its feed', async () => {
  const core = openCore(undefined, FHIR)
  await core.send(HUB, message(1, [reading('a'), reading('late', { measuredAt: at(-60) })]))
  const out = pull(core.ingest.feeds)
  expect(out.map(({ topic, lane, qos, retain }) => [topic, lane, qos, retain])).toEqual([
    ['v1/orgs/clinic/readings/citizen-1/blood-pressure', 'live', 1, false],
    ['v1/orgs/clinic/fhir/citizen-1/blood-pressure', 'live', 1, false],
    ['v1/orgs/clinic/backfill/citizen-1/blood-pressure', 'backfill', 1, false],
    ['v1/orgs/clinic/fhir/citizen-1/blood-pressure', 'backfill', 1, false],
  ])
  const observations = [1, 3].map((i) => JSON.parse(String(out[i]?.payload)))
  expect(observations.flatMap(r4Problems)).toEqual([])
  expect(observations.map(({ meta }) => meta.tag)).toEqual([
    [{ system: 'urn:precare:feed-cursor', code: '1' }],
    [{ system: 'urn:precare:feed-cursor', code: '2' }],
  ])
  expect(core.ingest.feeds.unpublished()).toBe(0)
})

test('an organisation that does not ask gets readings alone, and can begin and stop', async () => {
  const core = openCore()
  const topicsOf = async (first: number) => {
    await core.send(HUB, message(first, [reading(`r${first}`)]))
    return pull(core.ingest.feeds).map(({ topic }) => topic.split('/')[3])
  }
  expect(await topicsOf(1)).toEqual(['readings'])
  core.apply({ organisations: FHIR.organisations })
  expect(await topicsOf(2)).toEqual(['readings', 'fhir'])
  core.apply({ organisations: DOCUMENT.organisations })
  expect(await topicsOf(3)).toEqual(['readings'])
})

test('a test measurement goes out in no form', async () => {
  const core = openCore(undefined, FHIR)
  await core.send(HUB, message(1, [reading('t', { test: true })]))
  expect(pull(core.ingest.feeds)).toEqual([])
})
