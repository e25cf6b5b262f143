import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { deviceTable, TABLE_END, TABLE_START } from '../../device-drivers/device-table.ts'
import { drivers } from '../../device-drivers/index.ts'

test('the device table in the README is the one the drivers declare', () => {
  const readme = readFileSync(new URL('../../device-drivers/README.md', import.meta.url), 'utf8')
  const between = readme.split(TABLE_START)[1]?.split(TABLE_END)[0]?.trim()
  expect(between, 'put the output of `node device-drivers/device-table.ts` between the markers').toBe(
    deviceTable(drivers),
  )
})
