import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isPreCareError } from '../../device-drivers/errors.ts'
import { drivers } from '../../device-drivers/index.ts'
import { loadConfig, parseConfig } from '../../gateway/config.ts'
import { tempDir } from '../support/temp-dir.ts'

const good = {
  hub: 'hub-0001',
  dataDir: 'data',
  broker: { url: 'mqtt://127.0.0.1:1883', username: 'hub-0001', password: 'secret' },
  devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: 'A4:C1:38:00:00:01' }],
  serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target: 'tcp://127.0.0.1:4001' }],
}
const parse = (value: unknown) => parseConfig(value, { drivers }, () => 'from file\n')

/** Everything that is said about a configuration, one line per problem. */
function problems(change: object): string[] {
  try {
    parse({ ...good, ...change })
  } catch (error) {
    if (isPreCareError(error, 'config-invalid')) return error.message.split('\n')
    throw error
  }
  return []
}

describe('the configuration', () => {
  it('fills in what may be left out', () => {
    expect(parse(good)).toMatchObject({
      timeZone: 'Europe/Copenhagen',
      bluetooth: { enabled: true, adapter: 0 },
      devices: [{ address: 'a4:c1:38:00:00:01', options: {} }],
      healthEveryS: 60,
      retentionDays: 30,
      logLevel: 'info',
    })
  })

  it.each([
    ['hub', { hub: 'Hub 1' }, /^hub: write 4 to 32 characters/],
    ['hub', { hub: undefined }, /^hub: write the id of the hub/],
    ['dataDir', { dataDir: '' }, /^dataDir: write the folder/],
    ['broker', { broker: undefined }, /^broker: write \{"url"/],
    ['url', { broker: { ...good.broker, url: 'http://x' } }, /^broker\.url: write "mqtts:/],
    ['secret', { broker: { ...good.broker, passwordFile: 'x' } }, /^broker: write either "password" or/],
    ['zone', { timeZone: 'Copenhagen' }, /^timeZone: write a zone of the IANA database/],
    ['address', { devices: [{ ...good.devices[0], address: '12' }] }, /^devices\[0\]\.address: write six pairs/],
    [
      'driver',
      { devices: [{ ...good.devices[0], driver: 'cuff' }] },
      /^devices\[0\]\.driver: .*blood-pressure-service/,
    ],
    [
      'kind of driver',
      { serial: [{ ...good.serial[0], driver: 'heart-rate-service' }] },
      /^serial\[0\]\.driver: .*nonin-spot-check/,
    ],
    ['target', { serial: [{ ...good.serial[0], target: 'COM1' }] }, /^serial\[0\]\.target: write "\/dev\/serial/],
    [
      'same id',
      { serial: [{ ...good.serial[0], id: 'cuff-0001' }] },
      /^serial\[0\]\.id: "cuff-0001" is already devices\[0\]\.id/,
    ],
    ['unknown field', { colour: 'red' }, /^colour: there is no such field/],
    ['retention', { retentionDays: 0 }, /^retentionDays: write 1 or more/],
  ])('names the field and what to write instead: %s', (_name, change, said) => {
    const lines = problems(change)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(said)
  })

  it('says everything that is wrong at once', () => {
    expect(problems({ hub: '', timeZone: 'Mars', devices: [{ id: 'x' }] }).length).toBeGreaterThanOrEqual(4)
  })

  it('takes the password from a file beside it, and the data folder too', () => {
    const dir = tempDir()
    const { password: _, ...broker } = good.broker
    writeFileSync(join(dir, 'secret'), 'p4ss\n')
    writeFileSync(join(dir, 'hub.json'), JSON.stringify({ ...good, broker: { ...broker, passwordFile: 'secret' } }))
    const config = loadConfig(join(dir, 'hub.json'), { drivers })
    expect(config.broker.password).toBe('p4ss')
    expect(config.dataDir).toBe(join(dir, 'data'))
  })

  it('never quotes the file when it is no JSON, since the password is in it', () => {
    const dir = tempDir()
    const file = join(dir, 'hub.json')
    writeFileSync(file, '{"password": "p4ss" "hub"}')
    chmodSync(file, 0o600)
    expect(() => loadConfig(file, { drivers })).toThrow(/is no JSON/)
    expect(() => loadConfig(file, { drivers })).not.toThrow(/p4ss/)
  })
})
