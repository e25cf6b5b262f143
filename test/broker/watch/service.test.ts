import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseRegistryDocument } from '../../../broker/registry-document.ts'
import { optional } from '../../support/optional.ts'
import { tempDir } from '../../support/temp-dir.ts'

const UNIT = 'broker/watch/precare-watch.service'
const has = spawnSync('systemd-analyze', ['--version']).status === 0

test('the synthetic citizen is seen by one organisation that sees nobody else', () => {
  const registry = parseRegistryDocument(JSON.parse(readFileSync('broker/watch/self-test.json', 'utf8')))
  expect(registry.grants.map(({ organisation, citizen }) => [organisation, citizen])).toEqual([
    ['self-test', 'self-test-citizen'],
  ])
  expect(registry.clients).toEqual([{ id: 'self-test-watch', organisation: 'self-test' }])
  // Red would latch until a person acknowledges it: the test alert must clear by itself.
  expect(registry.limits).toEqual([])
  expect(registry.citizenRules.map(({ set }) => [set?.['category'], set?.['limits']])).toEqual([
    ['self-test', { warningLow: 90 }],
  ])
})

optional('systemd-analyze', has)('the unit of the watch, by systemd', () => {
  test('is understood, and exposes no more than it must', () => {
    const unit = join(tempDir(), 'precare-watch.service')
    writeFileSync(unit, readFileSync(UNIT, 'utf8').replaceAll('/opt/precare/node/bin/node', process.execPath))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    expect(verified.stderr.split('\n').filter((line) => line.includes('precare-watch'))).toEqual([])
    expect(spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit]).status).toBe(0)
  })
})
