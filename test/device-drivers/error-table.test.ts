import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERRORS_END, ERRORS_START, errorTable } from '../../device-drivers/error-table.ts'
import { ERROR_CODES } from '../../device-drivers/errors.ts'

test('the error table in the README of the hub has every code, as the list has it', () => {
  const readme = readFileSync(new URL('../../gateway/README.md', import.meta.url), 'utf8')
  const between = readme.split(ERRORS_START)[1]?.split(ERRORS_END)[0]?.trim()
  expect(between, 'put the output of `node device-drivers/error-table.ts` between the markers').toBe(errorTable())
  for (const { advice } of Object.values(ERROR_CODES)) expect(advice, 'a whole sentence').toMatch(/^[A-Z].*\.$/)
})
