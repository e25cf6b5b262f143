import { createHash } from 'node:crypto'
import mqtt, { type MqttClient } from 'mqtt'
import { topics } from '../../broker/contract/topics.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import type { Registry, Secrets } from '../support/broker-process.ts'

/** Hubs without devices: they publish ready-made readings as a hub would, for load on the broker. */

const FROM = '2020-01-01T00:00:00.000Z'
export const ORGANISATION = 'clinic-north'
export const CLIENT = 'client-north'
const number = (n: number): string => String(n).padStart(4, '0')
export const hubId = (n: number): string => `hub-${number(n)}`
const deviceId = (n: number): string => `oximeter-${number(n)}`
export const citizenId = (n: number): string => `citizen-${number(n)}`

/** @param perHub citizens with an oximeter each at every hub; SpO2 limits 90 (warning) and 86 (alert) for all */
export function fleetRegistry(hubs: number, perHub: number): Registry {
  const hubNumbers = Array.from({ length: hubs }, (_, i) => i)
  const citizens = Array.from({ length: hubs * perHub }, (_, i) => i)
  return {
    organisations: [{ id: ORGANISATION, title: 'Clinic North' }],
    clients: [{ id: CLIENT, organisation: ORGANISATION }],
    hubs: hubNumbers.map((n) => ({ id: hubId(n) })),
    citizens: citizens.map((n) => ({ id: citizenId(n) })),
    devices: citizens.map((n) => ({ id: deviceId(n), hub: hubId(Math.floor(n / perHub)), driver: 'nonin-df13' })),
    assignments: citizens.map((n) => ({ device: deviceId(n), citizen: citizenId(n), from: FROM })),
    grants: citizens.map((n) => ({
      organisation: ORGANISATION,
      citizen: citizenId(n),
      from: FROM,
      purpose: 'treatment',
    })),
    limits: citizens.map((n) => ({
      citizen: citizenId(n),
      quantity: 'oxygenSaturation',
      alertLow: 86,
      warningLow: 90,
      from: FROM,
      author: 'physician-0001',
      reason: 'benchmark',
    })),
  }
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** As long as a real id and as evenly spread. */
export function readingIdOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest()
  return Array.from({ length: 32 }, (_, i) => BASE32[(bytes[i] ?? 0) & 31]).join('')
}

export function spo2Reading(citizen: number, serial: number, spo2: number, at: string): RawReading {
  return {
    id: readingIdOf(`${citizen}/${serial}`),
    kind: 'oxygen-saturation',
    values: {
      oxygenSaturation: { value: spo2, unit: '%', decimals: 0 },
      pulseRate: { value: 70 + (serial % 20), unit: '/min', decimals: 0 },
    },
    status: [],
    deviceTime: at.slice(0, 19),
    measuredAt: at,
    receivedAt: at,
    clock: { quality: 'synced', offsetMs: 0 },
    device: deviceId(citizen),
    driver: 'nonin-df13',
    sequence: serial,
    origin: 'automatic',
    raw: [{ source: 'nonin-df13', hex: '0002000e2015041509301500020000480000006200c003' }],
  }
}

export interface LoadHub {
  readonly id: string
  readonly client: MqttClient
  readonly epoch: string
  /** Next free sequence number. */
  next: number
}

export async function connectHub(url: string, secrets: Secrets, n: number): Promise<LoadHub> {
  const id = hubId(n)
  const password = secrets.hubs[id]
  if (password === undefined) throw new Error(`no password for ${id}`)
  const client = await mqtt.connectAsync(url, { clientId: id, username: id, password, reconnectPeriod: 0 })
  await client.subscribeAsync(topics.hubReceipts(id), { qos: 1 })
  return { id, client, epoch: createHash('sha256').update(id).digest('hex').slice(0, 16), next: 1 }
}

/**
 * One after the other: each password costs the broker a tenth of a second, and whoever waits too long for it is sent
 * away.
 */
export async function connectHubs(url: string, secrets: Secrets, count: number): Promise<LoadHub[]> {
  const hubs: LoadHub[] = []
  for (let n = 0; n < count; n++) hubs.push(await connectHub(url, secrets, n))
  return hubs
}

/** Publishes QoS 1; resolves at PUBACK. */
export async function publishReadings(hub: LoadHub, readings: readonly RawReading[]): Promise<void> {
  const first = hub.next
  hub.next += readings.length
  const payload = JSON.stringify({ epoch: hub.epoch, first, readings })
  await hub.client.publishAsync(topics.hubReadings(hub.id), payload, { qos: 1 })
}
