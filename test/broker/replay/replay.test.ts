import { describe, expect, it } from 'vitest'
import { errorSchema, readingPageSchema } from '../../../broker/contract/replay.ts'
import { MAX_EXAMINED } from '../../../broker/replay/replay.ts'
import { at, DOCUMENT, idOf, message, openCore, reading } from '../core-fixture.ts'
import { openWeb, type Web } from '../http-fixture.ts'

const HUB = 'hub-0001'
/** Two citizens with a device each, both granted to the clinic. */
const TWO = {
  assignments: [...DOCUMENT.assignments, { device: 'scale-0001', citizen: 'citizen-2', from: '2026-01-01T00:00:00Z' }],
  grants: [
    ...DOCUMENT.grants,
    { organisation: 'clinic', citizen: 'citizen-2', from: '2026-01-01T00:00:00Z', purpose: 'treatment' },
  ],
}
const weight = {
  device: 'scale-0001',
  kind: 'weight' as const,
  values: { weight: { value: 80, unit: 'kg', decimals: 1 } },
}

/** 20 readings, every fourth one a weight of the second citizen, a minute apart. */
async function twenty(web: Web): Promise<void> {
  const readings = Array.from({ length: 20 }, (_, i) =>
    reading(`r${i}`, { measuredAt: at(i - 30), ...(i % 4 === 3 ? weight : {}) }),
  )
  await web.core.send(HUB, message(1, readings))
}

const page = async (web: Web, query: string) => readingPageSchema.parse(await web.json(`/v1/readings?${query}`))
const cursors = (items: readonly { cursor: number }[]) => items.map(({ cursor }) => cursor)

describe('reading on from a cursor', () => {
  it('gives everything after it, once, page by page, and says when it is all', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    const all: number[] = []
    for (let since = 0; ; ) {
      const { items, next, withheld, newest } = await page(web, `since=${since}&limit=7`)
      // The proof that nothing is missing: as many entries as cursors went by.
      expect(items.length + withheld).toBe(next - since)
      all.push(...cursors(items))
      since = next
      if (next === newest) break
    }
    expect(all).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  const FITTING: readonly (readonly [query: string, expected: readonly number[]])[] = [
    ['citizen=citizen-2', [4, 8, 12, 16, 20]],
    ['kind=weight', [4, 8, 12, 16, 20]],
    ['kind=weight,blood-pressure&limit=3', [1, 2, 3]],
    ['kind=weight&citizen=citizen-1', []],
    [`from=${at(-14)}`, [17, 18, 19, 20]],
    [`to=${at(-26)}`, [1, 2, 3, 4]],
    [`from=${at(-14)}&to=${at(-13)}&since=2`, [17]],
    ['citizen=citizen-1&since=10&limit=2', [11, 13]],
  ]

  it('gives only what fits the citizen, kind and period', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    for (const [query, expected] of FITTING) {
      expect([query, cursors((await page(web, query)).items)]).toEqual([query, expected])
    }
  })

  it('goes on where a filtered page ended, and ends at the end of the feed', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    const first = await page(web, 'citizen=citizen-2&limit=3')
    expect([cursors(first.items), first.next]).toEqual([[4, 8, 12], 12])
    const second = await page(web, `citizen=citizen-2&limit=3&since=${first.next}`)
    expect([cursors(second.items), second.next, second.newest]).toEqual([[16, 20], 20, 20])
    const rare = await page(web, `from=${at(100)}`)
    expect([rare.items, rare.next]).toEqual([[], 20])
  })

  it('looks at a bounded part of a long feed for one page, and still comes to its end', async () => {
    const core = openCore()
    const many = MAX_EXAMINED + 10
    for (let first = 1; first <= many; first += 500) {
      const readings = Array.from({ length: Math.min(500, many - first + 1) }, (_, i) =>
        reading(`r${first + i}`, { measuredAt: at(-1), raw: [] }),
      )
      await core.send(HUB, message(first, readings))
    }
    await core.send(HUB, message(many + 1, [reading('rare', { measuredAt: at(0) })]))
    const early = core.replay.readings('clinic', 0, 10, { from: at(0) })
    expect([early.items, early.next]).toEqual([[], MAX_EXAMINED])
    const late = core.replay.readings('clinic', early.next, 10, { from: at(0) })
    expect([late.items.map((item) => item.reading.id), late.next]).toEqual([[idOf('rare')], many + 1])
  })

  it('counts what a grant that has ended withholds, and shows none of it', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    web.core.apply({ grants: [{ ...TWO.grants[1], to: at(0) }] })
    const { items, withheld, next } = await page(web, '')
    expect(items.every(({ citizen }) => citizen === 'citizen-1')).toBe(true)
    expect([items.length, withheld, next]).toEqual([15, 5, 20])
  })

  it('shows another organisation nothing', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    expect(await web.json('/v1/readings', 'other')).toEqual({ items: [], next: 0, withheld: 0, newest: 0 })
  })

  it('tells a cursor that is beyond the end, as after a restore from an older backup', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    const answer = await web.get('/v1/readings?since=21')
    expect(answer.status).toBe(409)
    expect(errorSchema.parse(await answer.json())).toMatchObject({ error: { code: 'cursor-ahead' }, newest: 20 })
    expect((await web.get('/v1/readings?since=20')).status).toBe(200)
  })

  const REFUSED: readonly (readonly [query: string, advice: string])[] = [
    ['citizen=Anna%20And', 'citizen: use 4 to 32 characters'],
    ['kind=mood', 'kind: use one or more of blood-pressure'],
    ['from=2026-01-01', 'from: use a time with a zone'],
    ['to=soon', 'to: use a time with a zone'],
    ['since=-1', 'since: use a cursor'],
    ['limit=1001', 'limit: use 1 to 1000'],
    ['page=2', 'a parameter is not known: remove it'],
  ]

  it('refuses what it does not understand, naming the field and what to write', async () => {
    const web = await openWeb()
    for (const [query, advice] of REFUSED) {
      const answer = await web.get(`/v1/readings?${query}`)
      const { error } = errorSchema.parse(await answer.json())
      expect([query, answer.status, error.code]).toEqual([query, 400, 'query-invalid'])
      expect(error.advice).toContain(advice)
    }
  })
})

describe('reading on as lines', () => {
  const lines = async (web: Web, query: string) => {
    const answer = await web.get(`/v1/readings?${query}`, { accept: 'application/x-ndjson' })
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson')
    const text = await answer.text()
    return text
      .split('\n')
      .filter(Boolean)
      .map((line): { cursor: number } => JSON.parse(line))
  }

  it('gives the whole feed in one answer, whatever its length', async () => {
    const web = await openWeb()
    for (let first = 1; first <= 2_500; first += 500) {
      await web.core.send(
        HUB,
        message(
          first,
          Array.from({ length: 500 }, (_, i) => reading(`r${first + i}`, { raw: [] })),
        ),
      )
    }
    expect(cursors(await lines(web, 'since=10'))).toEqual(Array.from({ length: 2_490 }, (_, i) => i + 11))
    expect(await lines(web, 'since=10&limit=1')).toHaveLength(1)
    expect(await lines(web, 'since=2500')).toEqual([])
  })

  it('filters as pages do, over stretches without anything', async () => {
    const web = await openWeb(TWO)
    await twenty(web)
    expect(cursors(await lines(web, 'kind=weight&limit=4'))).toEqual([4, 8, 12, 16])
  })

  it('refuses nobody and wrong queries as pages do', async () => {
    const web = await openWeb()
    expect((await web.get('/v1/readings', { as: 'nobody', accept: 'application/x-ndjson' })).status).toBe(401)
    expect((await web.get('/v1/readings?since=x', { accept: 'application/x-ndjson' })).status).toBe(400)
    expect((await web.get('/v1/readings?since=1', { accept: 'application/x-ndjson' })).status).toBe(409)
  })
})
