import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { drivers } from '../../../device-drivers/index.ts'
import { DEVICE_KINDS, readScenario } from '../../../simulators/scenario.ts'

const SCENARIOS = fileURLToPath(new URL('../../../simulators/scenarios/', import.meta.url))

it('every driver has a simulated device, and a line in a scenario that names it', () => {
  const simulated = new Set<string>(Object.values(DEVICE_KINDS).map(({ driver }) => driver))
  const staged = new Set(
    readdirSync(SCENARIOS).flatMap((file) =>
      readScenario(`${SCENARIOS}${file}`).devices.map((device): string => DEVICE_KINDS[device.kind].driver),
    ),
  )
  const ids = drivers.map((driver) => driver.about.id)
  expect(ids.filter((id) => !simulated.has(id))).toEqual([])
  expect(ids.filter((id) => !staged.has(id))).toEqual([])
  expect(ids.length).toBeGreaterThanOrEqual(40)
})
