import { expect, test } from 'vitest'
import { type RadioFacts, remedyFor } from '../../gateway/radio-health.ts'
import type { RadioHealth } from '../../gateway/transport/transport.ts'

const HOUR = 3600_000
const DEAF: RadioHealth = {
  state: 'ready',
  silentForMs: HOUR,
  linksOpen: 0,
  scanRestarts: 9,
  connectFailures: 0,
  steadyDevices: 1,
}

function remedy(health: Partial<RadioHealth> = {}, facts: Partial<RadioFacts> = {}) {
  return remedyFor({
    health: { ...DEAF, ...health },
    heard: true,
    wasReady: true,
    upMs: 48 * HOUR,
    done: undefined,
    ...facts,
  })
}

test('devices that were never silent and are for an hour have the process started anew', () => {
  expect(remedy()).toBe('service')
  expect(remedy({ silentForMs: HOUR - 1 })).toBeUndefined()
})

test('a house without neighbours is left alone, however long nobody measures', () => {
  expect(remedy({ steadyDevices: 0, silentForMs: 500 * HOUR })).toBeUndefined()
  expect(remedy({ silentForMs: 500 * HOUR }, { heard: false })).toBeUndefined()
})

test('an adapter that worked and is gone is evidence; one that never was there is none', () => {
  expect(remedy({ steadyDevices: 0, state: 'unavailable' })).toBe('service')
  expect(remedy({ steadyDevices: 0, state: 'unavailable' }, { wasReady: false, heard: false })).toBeUndefined()
})

test('nothing is done to a radio that holds a link', () => {
  expect(remedy({ linksOpen: 1 })).toBeUndefined()
})

test('after the process the machine, but not one that was booted within the day', () => {
  expect(remedy({}, { done: 'service', heard: false })).toBe('reboot')
  expect(remedy({}, { done: 'service', heard: false, upMs: 24 * HOUR - 1 })).toBeUndefined()
  expect(remedy({}, { done: 'reboot', heard: false, upMs: 24 * HOUR - 1 })).toBeUndefined()
  expect(remedy({}, { done: 'reboot', heard: false, upMs: 24 * HOUR })).toBe('reboot')
})
