import { expect, test } from 'vitest'
import { PreCareError } from '../../device-drivers/errors.ts'
import { type RadioFacts, remedyFor, watchRadio } from '../../gateway/radio-health.ts'
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

test('a reboot that is refused is said and asked for once a day, and the round of housekeeping goes on', async () => {
  let now = 48 * HOUR
  const started = now
  const notes = new Map([['radio/remedy', 'service']])
  const lines: string[] = []
  const say = (event: string) => void lines.push(event)
  let asked = 0
  const watch = watchRadio({
    radio: { health: () => ({ ...DEAF, silentForMs: now - started + HOUR }) },
    clock: { now: () => now },
    notes: { get: (name) => notes.get(name), set: async (name, value) => void notes.set(name, value) },
    log: { info: say, warn: say, error: say },
    restart: () => say('restart'),
    reboot: () => {
      asked += 1
      return Promise.reject(new PreCareError('adapter-unavailable', 'no reboot: Access denied'))
    },
  })
  for (let minute = 0; minute < 24 * 60; minute += 1, now += HOUR / 60) await watch.look()
  expect(asked).toBe(1)
  expect(lines).toEqual(['radio-deaf', 'reboot-refused'])
  await watch.look()
  expect(asked).toBe(2)
})
