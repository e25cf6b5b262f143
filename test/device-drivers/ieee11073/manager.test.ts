import { describe, expect, it } from 'vitest'
import { patienceOf, receive, silence } from '../../../device-drivers/ieee11073/manager.ts'
import { type Manager, UNASSOCIATED } from '../../../device-drivers/ieee11073/manager-state.ts'
import {
  encodeAbort,
  encodeAssociationRequest,
  encodeConfiguration,
  encodeReleaseRequest,
  encodeScanReport,
  encodeSystem,
  encodeTimeSet,
  type NumericObject,
  type SystemAttributes,
} from '../../../simulators/encoders/ieee11073.ts'
import { bytesOf } from '../hex.ts'

const SYSTEM_ID = '00091FFFFE000001'
const NOW = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0, weekday: 7 }
const TIME = { year: 2026, month: 2, day: 28, hour: 7, minute: 15, second: 30 }
const SCALE: NumericObject = { handle: 1, type: 57664, unit: 'kg', format: 'simple', stamp: 'absolute' }
const FOREIGN: NumericObject = { ...SCALE, type: 61000 }
const SYSTEM: SystemAttributes = {
  profile: 0x100f,
  systemId: SYSTEM_ID,
  configId: 0x05dc,
  manufacturer: 'A&D',
  model: 'UC-321PBT-C',
  serial: '5091200042',
  firmware: '2.1',
  now: TIME,
  batteryPercent: 80,
}

const hexOf = (replies: readonly Uint8Array[]): string[] =>
  replies.map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase())

const GET_MDS = 'E700000E000C00010103000600000000' + '0000'
const ABORTED = 'E60000020000'
const ACCEPTED = /^E300002C0000507900268000000080008000000000000000800000000008.{16}00000000000000000000$/
const ASK_CONFIGURATION = /^E300002C000350790026/

const associated = (configId = 0x05dc): Manager =>
  receive(UNASSOCIATED, encodeAssociationRequest(SYSTEM_ID, configId)).manager

/** Associated, and the clock has been told. */
const operating = (): Manager => receive(associated(), encodeSystem(1, SYSTEM)).manager

const weigh = (kg: number, invokeId = 7, confirmed = true): Uint8Array =>
  encodeScanReport({ invokeId, confirmed }, 'fixed', 3, [{ observed: [{ object: SCALE, values: [kg], time: TIME }] }])

describe('the manager', () => {
  it('accepts an agent of a standard configuration and asks for its clock', () => {
    const { manager, replies, events } = receive(UNASSOCIATED, encodeAssociationRequest(SYSTEM_ID, 0x02bc))
    expect(manager).toMatchObject({ phase: 'operating', systemId: SYSTEM_ID, asked: true })
    expect(replies).toHaveLength(2)
    expect(hexOf(replies)[0]).toMatch(ACCEPTED)
    expect(hexOf(replies)[1]).toBe(GET_MDS)
    expect(events).toEqual([])
  })

  it.each([0x4000, 0x7fff, 0x0258])('asks an agent of configuration %i what it is', (configId) => {
    const { manager, replies } = receive(UNASSOCIATED, encodeAssociationRequest(SYSTEM_ID, configId))
    expect(manager.phase).toBe('configuring')
    expect(hexOf(replies)).toEqual([expect.stringMatching(ASK_CONFIGURATION)])
    expect(patienceOf(manager)).toBe(10_000)
  })

  it('accepts a configuration that measures something', () => {
    const report = encodeConfiguration(9, 0x4000, [FOREIGN, { ...SCALE, handle: 2 }])
    const { manager, replies } = receive(associated(0x4000), report)
    expect(manager.phase).toBe('operating')
    expect(hexOf(replies)).toEqual(['E70000160014' + '0009' + '0201000E0000000000000D1C0004' + '40000000', GET_MDS])
  })

  it('does not want a configuration that measures nothing known, and waits for another one', () => {
    const { manager, replies, events } = receive(associated(0x4001), encodeConfiguration(9, 0x4001, [FOREIGN]))
    expect(manager.phase).toBe('configuring')
    expect(hexOf(replies)).toEqual(['E700001600140009' + '0201000E0000000000000D1C0004' + '40010001'])
    expect(events).toEqual([expect.objectContaining({ type: 'rejected' })])
    expect(receive(manager, encodeConfiguration(10, 0x4002, [SCALE])).manager.phase).toBe('operating')
  })

  it('tells what the agent says of itself', () => {
    const { manager, replies, events } = receive(associated(), encodeSystem(1, SYSTEM), { now: NOW })
    expect(events).toEqual([
      { type: 'identity', serial: '5091200042', manufacturer: 'A&D', model: 'UC-321PBT-C', firmware: '2.1' },
      { type: 'clock', deviceNow: '2026-02-28T07:15:30' },
      { type: 'battery', percent: 80 },
    ])
    expect(manager).toMatchObject({ phase: 'operating', asked: false })
    expect(replies).toEqual([])
  })

  it('sets the clock of an agent that asks for it, if it knows the time itself', () => {
    const asking = encodeSystem(1, { ...SYSTEM, asksForTime: true })
    const { manager, replies } = receive(associated(), asking, { now: NOW })
    expect(hexOf(replies)).toEqual(['E700001A001800020107001200000C17000C' + '2026030108300000' + '00000000'])
    expect(receive(manager, encodeTimeSet(2)).events).toEqual([{ type: 'clock-set' }])
    expect(receive(associated(), asking, { now: undefined }).replies).toEqual([])
  })

  it('holds a report until the clock is told, with the answer to it', () => {
    const held = receive(associated(), weigh(76.2))
    expect([held.reports, held.replies]).toEqual([[], []])
    const { reports } = receive(held.manager, encodeSystem(1, SYSTEM))
    expect(reports).toHaveLength(1)
    expect(reports[0]?.records).toHaveLength(1)
    expect(hexOf(reports[0]?.result ? [reports[0].result] : [])).toEqual([
      'E70000120010' + '0007' + '0201000A0000000000000D1D0000',
    ])
  })

  it('lets a report go when the clock is not told for a second', () => {
    const held = receive(associated(), weigh(76.2)).manager
    expect(patienceOf(held)).toBe(1_000)
    const { manager, reports } = silence(held)
    expect(reports).toHaveLength(1)
    expect(patienceOf(manager)).toBeUndefined()
  })

  it('lets reports go when too many wait', () => {
    let manager = associated()
    const released: number[] = []
    for (let i = 0; i < 10; i++) {
      const step = receive(manager, weigh(70 + i, i, false))
      manager = step.manager
      released.push(step.reports.length)
    }
    expect(released).toEqual([0, 0, 0, 0, 0, 0, 0, 8, 1, 1])
  })

  it('answers an unconfirmed report with nothing', () => {
    const [report] = receive(operating(), weigh(76.2, 7, false)).reports
    expect(report?.records).toHaveLength(1)
    expect(report?.result).toBeUndefined()
  })

  it('does not answer a report that it can not take apart, and keeps and answers it when it comes again', () => {
    const lying = weigh(76.2, 7)
    // event-info.length
    new DataView(lying.buffer).setUint16(20, 99)
    const once = receive(operating(), lying)
    expect(once.manager).toBe(UNASSOCIATED)
    expect(hexOf(once.replies)).toEqual([ABORTED])
    expect(once.reports[0]?.records[0]?.[0]).toMatchObject({ source: '20601-report', bytes: lying })
    expect(once.reports[0]).not.toHaveProperty('result')

    const again = weigh(76.2, 8)
    new DataView(again.buffer).setUint16(20, 99)
    const twice = receive(operating(), again, { unread: once.reports[0]?.unread })
    expect(twice.manager.phase).toBe('operating')
    expect(twice.reports[0]?.records[0]?.[0]).toMatchObject({ source: '20601-report', bytes: again })
    expect(twice.reports[0]?.result).toBeDefined()
  })

  it('releases an agent that wants to go, and gives up what waits without an answer', () => {
    const { manager, replies, reports } = receive(receive(associated(), weigh(76.2)).manager, encodeReleaseRequest())
    expect(manager).toBe(UNASSOCIATED)
    expect(hexOf(replies)).toEqual(['E50000020000'])
    expect(reports).toHaveLength(1)
    expect(reports[0]).not.toHaveProperty('result')
  })

  it('takes an abort as the end, and answers nothing', () => {
    expect(receive(operating(), encodeAbort(2))).toMatchObject({ manager: UNASSOCIATED, replies: [] })
  })

  it('aborts what an agent sends from an association that it does not know', () => {
    const { manager, replies, events } = receive(UNASSOCIATED, weigh(76.2))
    expect(manager).toBe(UNASSOCIATED)
    expect(hexOf(replies)).toEqual([ABORTED])
    expect(events).toEqual([expect.objectContaining({ type: 'rejected' })])
  })

  it('begins anew with an agent that does, whatever it believed', () => {
    for (const before of [associated(0x4000), operating(), UNASSOCIATED]) {
      const { manager, replies } = receive(before, encodeAssociationRequest(SYSTEM_ID, 0x0190))
      expect(manager).toMatchObject({ phase: 'operating', configuration: { id: 0x0190 } })
      expect(hexOf(replies)[0]).toMatch(ACCEPTED)
    }
  })

  it('aborts an agent that does not tell its configuration in ten seconds', () => {
    const { manager, replies } = silence(associated(0x4000))
    expect(manager).toBe(UNASSOCIATED)
    expect(hexOf(replies)).toEqual(['E60000020003'])
  })

  it('rejects operations that an agent may not invoke, and stays', () => {
    const { manager, replies, events } = receive(operating(), bytesOf('E700000E000C 0042 0103 0006 0000 0000 0000'))
    expect(manager.phase).toBe('operating')
    expect(hexOf(replies)).toEqual(['E700000A0008' + '0042' + '040000020065'])
    expect(events).toHaveLength(1)
  })

  it.each([
    ['another association protocol version', 4, 0x00, 0x0008],
    ['no 20601 among its protocols', 13, 0x00, 0x0004],
    ['encoding rules that are not MDER', 20, 0x00, 0x0005],
    ['the role of a manager', 31, 0x00, 0x0005],
  ])('refuses an agent with %s', (_, at, byte, result) => {
    const request = encodeAssociationRequest(SYSTEM_ID, 0x0190)
    request[at] = byte
    const { manager, replies, events } = receive(UNASSOCIATED, request)
    expect(manager).toBe(UNASSOCIATED)
    expect(hexOf(replies)[0]?.slice(8, 12)).toBe(result.toString(16).padStart(4, '0'))
    expect(events).toEqual([expect.objectContaining({ type: 'rejected' })])
  })
})
