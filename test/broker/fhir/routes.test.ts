import { describe, expect, it } from 'vitest'
import type { RawReading } from '../../../device-drivers/reading.ts'
import { at, DOCUMENT, idOf, message, reading } from '../core-fixture.ts'
import { openWeb, type Web } from '../http-fixture.ts'
import { r4Problems } from './r4.ts'

const HUB = 'hub-0001'
const WITH_WEIGHT = {
  assignments: [...DOCUMENT.assignments, { device: 'scale-0001', citizen: 'citizen-1', from: '2026-01-01T00:00:00Z' }],
}
const weight: Partial<RawReading> = {
  device: 'scale-0001',
  kind: 'weight',
  values: { weight: { value: 80, unit: 'kg', decimals: 1 } },
}

interface Found {
  readonly resourceType: string
  readonly link: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly { readonly fullUrl: string; readonly resource: { readonly id: string } }[]
  readonly issue?: readonly { readonly code: string; readonly diagnostics: string }[]
}

async function ask(web: Web, path: string): Promise<{ status: number; body: Found; text: string; ids: string[] }> {
  const answer = await web.get(path)
  expect(answer.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8')
  const text = await answer.text()
  const body: Found = JSON.parse(text)
  expect(r4Problems(body)).toEqual([])
  return { status: answer.status, body, text, ids: (body.entry ?? []).map(({ resource }) => resource.id) }
}

async function withReadings(): Promise<Web> {
  const web = await openWeb(WITH_WEIGHT)
  const readings = Array.from({ length: 6 }, (_, i) =>
    reading(`r${i}`, { measuredAt: at(-60 * 6 * (6 - i)), ...(i % 3 === 2 ? weight : {}) }),
  )
  await web.core.send(HUB, message(1, readings))
  return web
}

const ids = (...names: number[]) => names.map((n) => idOf(`r${n}`))

describe('a search for observations', () => {
  it('pages through the feed by the link next, to its end', async () => {
    const web = await withReadings()
    const all: string[] = []
    let url: string | undefined = '/fhir/Observation?patient=citizen-1&_count=4'
    while (url !== undefined) {
      const { body, ids: found } = await ask(web, url)
      all.push(...found)
      expect(body.link[0]?.relation).toBe('self')
      url = body.link.find(({ relation }) => relation === 'next')?.url
    }
    expect(all).toEqual(ids(0, 1, 2, 3, 4, 5))
  })

  it('writes decimals digit by digit and names each entry by a URL that leads to it', async () => {
    const web = await withReadings()
    const { text, body } = await ask(web, '/fhir/Observation?code=29463-7&_count=1')
    expect(text).toContain('"valueQuantity":{"value":80.0,"unit":"kg"')
    const { fullUrl = '', resource } = body.entry?.[0] ?? {}
    const single = await ask(web, fullUrl)
    expect(single.body).toEqual(resource)
    expect(single.text).toContain('80.0')
  })

  // NOW is 13:00 on the first of March in Copenhagen; the readings are six hours apart, the newest six hours ago.
  const ANSWERS: readonly (readonly [query: string, expected: readonly number[]])[] = [
    ['code=http://loinc.org|85354-9', [0, 1, 3, 4]],
    ['code=urn:iso:std:iso:11073:10101|188736', [2, 5]],
    ['code=29463-7,85354-9', [0, 1, 2, 3, 4, 5]],
    ['code=8480-6', []],
    ['combo-code=8480-6', [0, 1, 3, 4]],
    ['code=wrong|29463-7', []],
    ['date=2026-03-01', [4, 5]],
    ['date=ge2026-02-28&date=lt2026-03-01', [0, 1, 2, 3]],
    ['date=gt2026-02-28', [4, 5]],
    ['date=le2026-02-28T19:00:00%2B01:00', [0, 1, 2, 3]],
    ['date=lt2026-02-28T19:00:00%2B01:00', [0, 1, 2]],
    ['date=eq2026-03-01T06:00:00Z', [5]],
    ['patient=Patient/citizen-1&date=2026-03-01&code=29463-7', [5]],
    ['subject:identifier=urn:precare:citizen|citizen-1&_count=1', [0]],
    ['patient=citizen-2', []],
  ]

  it('is narrowed by citizen, date and code, each as R4 reads it', async () => {
    const web = await withReadings()
    for (const [query, expected] of ANSWERS) {
      expect([query, (await ask(web, `/fhir/Observation?${query}`)).ids]).toEqual([query, ids(...expected)])
    }
  })

  const REFUSED: readonly (readonly [query: string, advice: string])[] = [
    ['_include=Observation:device', '_include: is not supported'],
    ['value-quantity=gt5', 'value-quantity: is not supported'],
    ['date=yesterday', 'date: use eq, ge'],
    ['date=2026-02-31', 'date: use eq, ge'],
    ['patient=Anna%20Andersen', 'patient: use the opaque id'],
    ['patient=citizen-1&subject=citizen-2', 'subject: patient is given already'],
    ['_count=0', '_count: use a whole number from 1'],
    ['code=', 'code: use code or'],
  ]

  it('that is not understood is refused with an outcome that names the parameter', async () => {
    const web = await openWeb()
    for (const [query, advice] of REFUSED) {
      const { status, body } = await ask(web, `/fhir/Observation?${query}`)
      expect([query, status, body.resourceType, body.issue?.[0]?.code]).toEqual([
        query,
        400,
        'OperationOutcome',
        'invalid',
      ])
      expect(body.issue?.[0]?.diagnostics).toContain(advice)
    }
  })
})

describe('access', () => {
  it('is for clients, each to what its organisation was granted', async () => {
    const web = await withReadings()
    for (const path of ['Observation', `Observation/${idOf('r0')}`, 'Device', 'Device/phd-cuff-0001']) {
      const nobody = await web.get(`/fhir/${path}`, { as: 'nobody' })
      expect(nobody.status).toBe(401)
      expect(r4Problems(await nobody.json())).toEqual([])
    }
    for (const path of [`Observation/${idOf('r0')}`, 'Device/phd-cuff-0001', 'Device/phg-hub-0001']) {
      expect((await web.get(`/fhir/${path}`, { as: 'other' })).status).toBe(404)
      expect((await web.get(`/fhir/${path}`)).status).toBe(200)
    }
    expect(await web.json('/fhir/Observation', 'other')).not.toHaveProperty('entry')
    expect(await web.json('/fhir/Device', 'other')).not.toHaveProperty('entry')
  })

  it('ends with the grant', async () => {
    const web = await withReadings()
    web.core.apply({ grants: [{ ...DOCUMENT.grants[0], to: at(0) }] })
    expect((await ask(web, '/fhir/Observation')).ids).toEqual([])
    expect((await ask(web, '/fhir/Device')).ids).toEqual([])
    expect((await ask(web, `/fhir/Observation/${idOf('r0')}`)).status).toBe(404)
  })
})

describe('the server', () => {
  it('lists devices and hubs by opaque id, with what a device says of itself and no serial number', async () => {
    const { ids: found, text } = await ask(await withReadings(), '/fhir/Device')
    expect(found).toEqual(['phd-cuff-0001', 'phd-scale-0001', 'phg-hub-0001'])
    expect(text).toContain('"modelNumber":"M6"')
    expect(text).not.toContain('serial')
  })

  it('says what it can do, to anybody', async () => {
    const web = await openWeb()
    const answer = await web.get('/fhir/metadata', { as: 'nobody' })
    const statement = (await answer.json()) as { resourceType: string; fhirVersion: string }
    expect(r4Problems(statement)).toEqual([])
    expect(statement).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' })
  })

  it('answers an unknown resource with an outcome', async () => {
    const { status, body } = await ask(await openWeb(), '/fhir/Patient/1')
    expect([status, body.resourceType]).toEqual([404, 'OperationOutcome'])
  })
})
