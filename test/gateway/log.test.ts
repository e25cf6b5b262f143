import { describe, expect, it } from 'vitest'
import { PreCareError } from '../../device-drivers/errors.ts'
import { allowed, createLog, errorFields, pseudonym } from '../../gateway/log.ts'

describe("the hub's log", () => {
  it('drops every key that is not one of its own, whatever its value', () => {
    const fields = { device: 'cuff-0001', systolic: 145, values: { pulse: 80 }, password: 'x', citizen: 'y', stored: 2 }
    expect(allowed(fields)).toEqual({ device: 'cuff-0001', stored: 2 })
  })

  it('writes one JSON line with the hub, the event and what is allowed', () => {
    const lines: string[] = []
    const log = createLog('hub-0001', 'info', { write: (line) => void lines.push(line) })
    log.info('visit', { device: 'cuff-0001', stored: 1 })
    log.transport.warn(
      { address: 'a4:c1:38:00:00:01', code: 'connect-timeout', value: 'measured-99' },
      'connect-failed',
    )
    const [visit, transport] = lines.map((line): Record<string, unknown> => JSON.parse(line))
    expect(visit).toMatchObject({ hub: 'hub-0001', event: 'visit', device: 'cuff-0001', stored: 1 })
    expect(transport).toMatchObject({
      event: 'connect-failed',
      code: 'connect-timeout',
      device: pseudonym('a4:c1:38:00:00:01', 'hub-0001'),
    })
    expect(lines.join()).not.toContain('a4:c1')
    expect(lines.join()).not.toContain('measured-99')
  })

  it("says our own errors in full and another's only by its kind, since its text may quote what it read", () => {
    expect(errorFields(new PreCareError('link-lost', 'hung up'))).toMatchObject({
      code: 'link-lost',
      reason: 'hung up',
    })
    const quoting = new SyntaxError('Unexpected token in {"systolic":145}')
    expect(errorFields(quoting)).toEqual({ reason: 'SyntaxError' })
    expect(errorFields(Object.assign(new Error('x 145'), { code: 'ECONNREFUSED' }))).toEqual({
      reason: 'Error ECONNREFUSED',
    })
  })
})
