import { expect, it } from 'vitest'
import type { SerialSettings } from '../../device-drivers/driver.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { contecOld } from '../../device-drivers/serial/contec.ts'
import { tendLine } from '../../gateway/serial-lines.ts'
import { manualClock } from '../support/manual-clock.ts'

/** The settings with which the hub opens the line of a device with these options. */
async function openedWith(options: Readonly<Record<string, string | number | boolean>>): Promise<SerialSettings> {
  const stop = new AbortController()
  const opened = Promise.withResolvers<SerialSettings>()
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const tended = tendLine(
    { id: 'oximeter-0001', target: '/dev/none', driver: contecOld, options },
    {
      serial: {
        open: (_, settings) => {
          opened.resolve(settings)
          stop.abort(new PreCareError('link-lost', 'seen enough'))
          return Promise.reject(new PreCareError('port-unavailable', 'no port'))
        },
        list: () => Promise.resolve([]),
      },
      visits: {
        make: () => Promise.reject(new PreCareError('link-lost', 'nobody')),
        unreachable: () => Promise.resolve(),
      },
      clock: manualClock(),
      random: () => 0.5,
      log: silent,
    },
    stop.signal,
  )
  const settings = await opened.promise
  await tended
  return settings
}

it('opens a line as its driver says, but for what the configuration says otherwise', async () => {
  const about = { baudRate: 19_200, dataBits: 8, parity: 'odd', stopBits: 1 }
  expect(await openedWith({})).toEqual(about)
  expect(await openedWith({ parity: 'none' })).toEqual({ ...about, parity: 'none' })
  expect(await openedWith({ baudRate: 4800 })).toEqual({ ...about, baudRate: 4800 })
  expect(await openedWith({ parity: 'strange' })).toEqual(about)
})
