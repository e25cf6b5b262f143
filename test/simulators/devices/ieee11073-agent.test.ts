import { describe, expect, it } from 'vitest'
import { createIeee11073Agent } from '../../../simulators/devices/ieee11073-agent.ts'
import type { AgentOptions } from '../../../simulators/devices/ieee11073-habits.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { aTestsSurroundings } from './place.ts'

const ACCEPTED = 'E300002C0000507900268000000080008000000000000000800000000008025043FFFE00000100000000000000000000'
const UNKNOWN_CONFIGURATION = ACCEPTED.replace('E300002C0000', 'E300002C0003')
const RELEASED = 'E50000020000'
const ABORT = 'E60000020000'
const result = (invokeId: string) => `E70000120010${invokeId}0201000A0000000000000D1D0000`
const configured = (invokeId: string, verdict: string) =>
  `E70000160014${invokeId}0201000E0000000000000D1C00044000${verdict}`

function anAgent(options: Partial<AgentOptions> = {}) {
  const surroundings = aTestsSurroundings()
  const agent = createIeee11073Agent({ id: 'scale-0001', specialization: 'scale', ...options }, surroundings.around)
  const open = () => {
    const sent: string[] = []
    const peer = agent.connect((bytes) => sent.push(toHex(bytes)))
    return {
      sent,
      last: () => sent.at(-1) ?? '',
      invokeId: () => (sent.at(-1) ?? '').slice(12, 16),
      say: (hex: string) => {
        peer.receive(Buffer.from(hex, 'hex'))
        surroundings.time.advance(0)
      },
      close: () => peer.close(),
    }
  }
  return { ...surroundings, agent, open, weigh: (weight: number) => agent.measure({ weight }) }
}

describe('a simulated 20601 agent', () => {
  it('deletes a report when its result comes, and releases when it has no more', () => {
    const { agent, open, weigh } = anAgent()
    weigh(80)
    weigh(81)
    const line = open()
    expect(line.last()).toMatch(/^E2000032/)
    line.say(ACCEPTED)
    expect(line.last()).toMatch(/^E700/)
    expect(agent.stored).toBe(2)
    line.say(result(line.invokeId()))
    expect(agent.stored).toBe(1)
    line.say(result(line.invokeId()))
    expect(agent.stored).toBe(0)
    expect(line.last()).toBe('E40000020000')
    line.say(RELEASED)
    expect(agent.interruptions).toEqual([])
  })

  it.each([
    ['silence', ''],
    ['an abort', ABORT],
    ['a result of another report', result('7777')],
    ['a lost line', 'close'],
  ])('keeps a report upon %s, and reports the same again', (_, answer) => {
    const { agent, open, weigh, time } = anAgent()
    const { hex } = weigh(80)
    const line = open()
    line.say(ACCEPTED)
    if (answer === 'close') line.close()
    else line.say(answer)
    expect(agent.stored).toBe(1)
    const next = answer === 'close' ? open() : line
    time.advance(10_000)
    expect(next.last()).toMatch(/^E2000032/)
    next.say(ACCEPTED)
    // Behind the person: what stands in the report as it is.
    expect(next.last()).toContain(hex.slice(4))
  })

  it('describes itself when its configuration is not known, and waits for the verdict', () => {
    const { agent, open, weigh } = anAgent({ configuration: 'extended' })
    weigh(80)
    const line = open()
    expect(line.last().slice(-20, -16)).toBe('4000')
    line.say(UNKNOWN_CONFIGURATION)
    expect(line.last()).toContain('0D1C')
    line.say(configured(line.invokeId(), '0000'))
    expect(line.last()).toContain('0D1D')
    expect(agent.interruptions).toEqual([])
  })

  it('goes away when its configuration is not wanted', () => {
    const { agent, open, weigh } = anAgent({ configuration: 'extended' })
    weigh(80)
    const line = open()
    line.say(UNKNOWN_CONFIGURATION)
    line.say(configured(line.invokeId(), '0001'))
    expect(agent.interruptions).toEqual(['the configuration is not wanted'])
    expect(agent.stored).toBe(1)
  })

  it('forgets the oldest record when its memory is full, and says so', () => {
    const { agent, weigh, forgotten } = anAgent({ capacity: 2 })
    const [oldest] = [80, 81, 82].map(weigh)
    expect(agent.stored).toBe(2)
    expect(forgotten).toEqual([oldest?.key])
  })

  it('forgets at once what nobody confirms', () => {
    const { agent, open, weigh } = anAgent({ confirmed: false })
    weigh(80)
    const line = open()
    line.say(ACCEPTED)
    expect(agent.stored).toBe(0)
    expect(agent.emitted.map((e) => e.delivery)).toEqual(['sent-once'])
  })
})
