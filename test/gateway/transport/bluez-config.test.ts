import { describe, expect, test } from 'vitest'
import { drivers } from '../../../device-drivers/index.ts'
import { parseConfig } from '../../../gateway/config.ts'
import { bluezOptions } from '../../../gateway/transport/bluez/configured.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { collectingLog } from './radio-fixture.ts'

const ADDRESS = 'a4:c1:38:00:00:01'

function parse(bluetooth: object | undefined, options: object) {
  const config = {
    hub: 'hub-0001',
    dataDir: 'data',
    broker: { url: 'mqtt://127.0.0.1:1883', username: 'hub-0001', password: 'secret' },
    devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: ADDRESS, options }],
    ...(bluetooth === undefined ? {} : { bluetooth }),
  }
  return parseConfig(config, { drivers }, () => '')
}

describe('the configuration of bluetooth', () => {
  test('chooses noble unless it says bluez', () => {
    expect(parse(undefined, {}).bluetooth.transport).toBe('noble')
    expect(parse({ adapter: 1 }, {}).bluetooth.transport).toBe('noble')
    expect(parse({ transport: 'bluez' }, {}).bluetooth.transport).toBe('bluez')
    expect(() => parse({ transport: 'dbus' }, {})).toThrow('bluetooth.transport: write noble or bluez')
  })

  test('names the field of a passkey that is none, and does not repeat it', () => {
    const wrong = () => parse({ transport: 'bluez' }, { passkey: '98765' })
    expect(wrong).toThrow('devices[0].options.passkey: write the six digits that the device shows, as a text')
    expect(wrong).not.toThrow('98765')
  })

  test('gives the passkey to its device only', () => {
    const config = parse({ transport: 'bluez', adapter: 1 }, { passkey: '123456' })
    const surroundings = { time: systemTime, log: collectingLog([]) }
    const options = bluezOptions(config, drivers, { ...surroundings, systemBus: undefined })
    expect(options).toMatchObject({ adapter: 1, bus: 'unix:path=/var/run/dbus/system_bus_socket' })
    expect(options.wishOf(ADDRESS)).toMatchObject({ passkey: 123_456, pairFirst: true })
    expect(options.wishOf('a4:c1:38:00:00:02')).toBeUndefined()
    expect(bluezOptions(config, drivers, { ...surroundings, systemBus: 'unix:path=/x' }).bus).toBe('unix:path=/x')
  })
})
