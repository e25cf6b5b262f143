import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { timeSetBySystemd } from '../../gateway/timesyncd.ts'
import { tempDir } from '../support/temp-dir.ts'

test('the mark of systemd-timesyncd says nothing, not yet, and when; it moves each time the service sets the time', () => {
  const folder = join(tempDir(), 'timesync')
  const set = timeSetBySystemd(folder)
  expect(set()).toBe('nobody')
  mkdirSync(folder)
  expect(set()).toBe('not-yet')
  const file = join(folder, 'synchronized')
  writeFileSync(file, '')
  for (const at of [1_790_000_000, 1_790_002_048]) {
    utimesSync(file, at, at)
    expect(set()).toBe(at * 1000)
  }
})
