import { describe, expect, it } from 'vitest'
import type { Handover, Note, Overview } from '../../../broker/clinic/shapes.ts'
import { applyRegistry } from '../../../broker/registry.ts'
import { at, count, feedOf, message, pressure, pull, reading } from '../core-fixture.ts'
import { HOUSE } from '../http/house.ts'
import { openWard } from '../http/ward.ts'

/** What colleagues write for one another: notes about a citizen, and the hand-over to the next shift. */

const TEXT = 'Ragnhild Unmistakable is away until Monday'
const NOTES = '/v1/citizens/citizen-1/notes'

async function stage() {
  const ward = await openWard({
    ...HOUSE,
    citizens: [...HOUSE.citizens, { id: 'citizen-3' }],
    grants: [
      ...HOUSE.grants,
      { organisation: 'clinic', citizen: 'citizen-3', from: at(-9000), purpose: 'care' },
      { organisation: 'other', citizen: 'citizen-1', from: at(-9000), purpose: 'care' },
    ],
  })
  const { core } = ward.house
  const overviewOf = async (organisation: string) =>
    (await ward.send(organisation, 'nurse', 'GET', '/v1/citizens/citizen-1/overview')).said as Overview
  return { ...ward, core, overviewOf }
}

describe('a note', () => {
  it('is written by who treats, and read by colleagues in the overview, newest first', async () => {
    const { send, core, overviewOf, changesSince } = await stage()
    const written = changesSince()
    const { status, said } = await send('clinic', 'nurse', 'POST', NOTES, { text: ` ${TEXT} ` })
    expect([status, said]).toEqual([
      200,
      { id: expect.stringMatching(/^[a-z2-7]{26}$/), at: at(0), by: 'nurse-clinic', byName: 'Jens Hansen', text: TEXT },
    ])
    expect(written()).toMatchObject([
      { action: 'note.write', citizen: 'citizen-1', subject: (said as Note).id, purpose: 'treatment' },
    ])
    core.clock.time += 1_000
    await send('clinic', 'physician', 'POST', NOTES, { text: 'Seen' })
    expect((await overviewOf('clinic')).notes.map(({ by, text }) => [by, text])).toEqual([
      ['physician-clinic', 'Seen'],
      ['nurse-clinic', TEXT],
    ])
  })

  it('stays within its organisation and the journal', async () => {
    const { send, core, house, overviewOf } = await stage()
    await send('clinic', 'nurse', 'POST', NOTES, { text: TEXT })
    await core.send('hub-0001', message(1, [reading('a', { values: pressure(165) })]))
    expect((await overviewOf('other')).notes).toEqual([])
    expect((await overviewOf('clinic')).notes).toHaveLength(1)
    const metrics = await (await house.get('/metrics')).text()
    const elsewhere = JSON.stringify([
      house.auditRows(),
      house.lines,
      core.lines,
      metrics,
      feedOf(pull(core.ingest.feeds)),
      pull(core.ingest.alerts),
    ])
    expect(elsewhere).not.toMatch(/Ragnhild|Monday/)
    expect(elsewhere).toContain('note.write')
  })

  it('has up to 2,000 characters, and is refused to who does not treat', async () => {
    const { send, core } = await stage()
    expect(await send('clinic', 'nurse', 'POST', NOTES, { text: 'x'.repeat(2_001) })).toMatchObject({
      status: 400,
      said: { error: { fields: [{ path: 'text' }] } },
    })
    expect((await send('clinic', 'nurse', 'POST', NOTES, { text: '  ' })).status).toBe(400)
    for (const role of ['technician', 'auditor', 'administrator'] as const) {
      expect([role, (await send('clinic', role, 'POST', NOTES, { text: 'x' })).status]).toEqual([role, 404])
    }
    expect((await send('study', 'nurse', 'POST', NOTES, { text: 'x' })).status).toBe(404)
    expect((await send('clinic', 'nurse', 'POST', '/v1/citizens/citizen-2/notes', { text: 'x' })).status).toBe(404)
    expect(count(core.journal, 'notes')).toBe(0)
    expect((await send('clinic', 'nurse', 'POST', NOTES, { text: 'æ'.repeat(2_000) })).status).toBe(200)
  })
})

describe('a hand-over', () => {
  const HANDOVER = {
    text: 'Quiet evening',
    citizens: [
      { citizen: 'citizen-1', text: TEXT },
      { citizen: 'citizen-3', text: 'New cuff' },
    ],
  }
  const shown = (said: unknown) => (said as { items: Handover[] }).items

  it('keeps who wrote it, what was open then and what to watch, for the next shift', async () => {
    const { send, core, changesSince } = await stage()
    await core.send('hub-0001', message(1, [reading('a', { values: pressure(165) })]))
    const written = changesSince()
    const { status, said } = await send('clinic', 'nurse', 'POST', '/v1/handovers', HANDOVER)
    expect([status, said]).toMatchObject([
      200,
      { ...HANDOVER, by: 'nurse-clinic', byName: 'Jens Hansen', at: at(0), open: { red: 1, yellow: 0, paused: 0 } },
    ])
    const { id } = said as Handover
    expect(written()).toMatchObject([
      { action: 'handover.write', subject: id, count: 2, citizen: null },
      { action: 'handover.write', subject: id, citizen: 'citizen-1', purpose: 'treatment' },
      { action: 'handover.write', subject: id, citizen: 'citizen-3', purpose: 'care' },
    ])
    core.clock.time += 1_000
    await send('clinic', 'physician', 'POST', '/v1/handovers', { text: 'Second' })
    const next = await send('clinic', 'nurse', 'GET', '/v1/handovers')
    expect(shown(next.said).map(({ text }) => text)).toEqual(['Second', 'Quiet evening'])
    const newest = await send('clinic', 'nurse', 'GET', '/v1/handovers?limit=1')
    expect(shown(newest.said).map(({ by }) => by)).toEqual(['physician-clinic'])
    expect(written().at(-1)).toMatchObject({ action: 'handovers.read', count: 1 })
  })

  it('shows of citizens only those whom the reader may see when he reads it', async () => {
    const { send, core } = await stage()
    await send('clinic', 'nurse', 'POST', '/v1/handovers', HANDOVER)
    const [grant] = HOUSE.grants
    applyRegistry(core.journal, { grants: [{ ...grant, to: at(-1) }] })
    const { said } = await send('clinic', 'physician', 'GET', '/v1/handovers')
    expect(shown(said)[0]?.citizens).toEqual([{ citizen: 'citizen-3', text: 'New cuff' }])
    expect(JSON.stringify(said)).not.toContain('Ragnhild')
  })

  it('is not for others: another organisation, research, who does not treat', async () => {
    const { send } = await stage()
    await send('clinic', 'nurse', 'POST', '/v1/handovers', HANDOVER)
    expect(shown((await send('other', 'nurse', 'GET', '/v1/handovers')).said)).toEqual([])
    for (const [organisation, role] of [
      ['study', 'nurse'],
      ['clinic', 'client'],
      ['clinic', 'technician'],
      ['clinic', 'auditor'],
    ] as const) {
      const answer = await send(organisation, role, 'GET', '/v1/handovers')
      expect([organisation, role, answer.status]).toEqual([organisation, role, 403])
      expect((await send(organisation, role, 'POST', '/v1/handovers', HANDOVER)).status).toBe(403)
    }
  })

  it('is refused about a citizen who is not theirs, as about one who does not exist, and when it says nothing', async () => {
    const { send, core } = await stage()
    const wrong = async (body: object) => (await send('clinic', 'nurse', 'POST', '/v1/handovers', body)).said
    const about = (citizen: string) => ({ text: '', citizens: [{ citizen, text: 'x' }] })
    expect(await wrong(about('citizen-2'))).toEqual(await wrong(about('citizen-9')))
    expect(await wrong(about('citizen-2'))).toMatchObject({ error: { fields: [{ path: 'citizens[0].citizen' }] } })
    expect(await wrong({})).toMatchObject({ error: { fields: [{ path: 'text' }] } })
    expect(await wrong({ text: 'x'.repeat(2_001) })).toMatchObject({ error: { fields: [{ path: 'text' }] } })
    expect(count(core.journal, 'handovers')).toBe(0)
  })

  it('has room for a line about each of a hundred citizens', async () => {
    const { send } = await stage()
    const citizens = Array.from({ length: 100 }, () => ({ citizen: 'citizen-1', text: 'ø'.repeat(500) }))
    expect((await send('clinic', 'nurse', 'POST', '/v1/handovers', { citizens })).status).toBe(200)
  })
})
