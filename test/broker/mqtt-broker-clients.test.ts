import { once } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bytes,
  CLINIC,
  connectPacket,
  type Front,
  messages,
  NORTH,
  openFront,
  outgoing,
  READINGS_A,
  rawSocket,
} from './mqtt-fixture.ts'

let front: Front
afterEach(() => front.close())

describe('what a client reads', () => {
  test('its own organisation, and nothing else is granted', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    const filters = [
      '#',
      '+/#',
      '$SYS/#',
      '$share/g/v1/orgs/org-north/#',
      'v1/orgs/org-south/#',
      'v1/orgs/+/#',
      READINGS_A,
    ]
    const refused = filters.map((filter) => clinic.subscribeAsync(filter).catch((error: unknown) => error))
    for (const outcome of await Promise.all(refused)) expect(outcome).toBeInstanceOf(Error)
    expect(clinic.connected).toBe(true)
    expect(await clinic.subscribeAsync(`${NORTH}/#`, { qos: 1 })).toMatchObject([{ qos: 1 }])
    const got = messages(clinic, 1)
    await front.broker.publish(outgoing('v1/orgs/org-south/alerts/citizen-2/alert-1', 'foreign', { retain: true }))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'own'))
    expect(await got).toEqual([{ topic: `${NORTH}/alerts/citizen-1/alert-1`, payload: 'own' }])
  })

  test('nothing of a denied filter, not even after coming back with clean = false', async () => {
    front = await openFront({})
    const foreign = 'v1/orgs/org-south/#'
    const socket = await front.rawConnect(CLINIC)
    socket.destroy()
    const connect = async () => {
      const raw = rawSocket(front.broker.url)
      raw.write(connectPacket(CLINIC.id, CLINIC.id, front.password(CLINIC), false))
      const [connack] = (await once(raw, 'data')) as [Buffer]
      return { raw, connack: [...connack] }
    }
    const first = await connect()
    const subscriptions = [
      { topic: `${NORTH}/#`, qos: 1 as const },
      { topic: foreign, qos: 1 as const },
    ]
    first.raw.write(bytes({ cmd: 'subscribe', messageId: 1, subscriptions }))
    expect([...((await once(first.raw, 'data'))[0] as Buffer)]).toEqual([0x90, 4, 0, 1, 1, 0x80])
    first.raw.destroy()
    await vi.waitFor(() => expect(front.broker.counts().connected).toBe(0))
    for (let i = 0; i < 10; i++)
      await front.broker.publish(outgoing(`v1/orgs/org-south/alerts/citizen-2/alert-${i}`, 'foreign'))
    const second = await connect()
    // No session is kept: connected, session not present.
    expect(second.connack).toEqual([0x20, 2, 0, 0])
    let heard = ''
    second.raw.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    second.raw.write(bytes({ cmd: 'subscribe', messageId: 2, subscriptions }))
    await vi.waitFor(() => expect(heard).toContain('\x90'))
    await front.broker.publish(outgoing('v1/orgs/org-south/alerts/citizen-2/alert-x', 'foreign'))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'sentinel'))
    await vi.waitFor(() => expect(heard).toContain('sentinel'))
    expect(heard).not.toContain('foreign')
    second.raw.destroy()
  })

  test('at most 64 filters at a time', async () => {
    front = await openFront({})
    const clinic = await front.connect(CLINIC)
    for (let i = 0; i < 64; i++) await clinic.subscribeAsync(`${NORTH}/alerts/citizen-${i}/+`)
    await expect(clinic.subscribeAsync(`${NORTH}/alerts/one-more/+`)).rejects.toThrow()
    await clinic.unsubscribeAsync(`${NORTH}/alerts/citizen-0/+`)
    await clinic.subscribeAsync(`${NORTH}/alerts/one-more/+`)
  })

  test('retained alerts when it subscribes, and none that was cleared', async () => {
    front = await openFront({})
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-1/alert-1`, 'open', { retain: true }))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-2/alert-2`, 'open', { retain: true }))
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-2/alert-2`, '', { retain: true }))
    const clinic = await front.connect(CLINIC)
    const got = messages(clinic, 2)
    await clinic.subscribeAsync(`${NORTH}/#`, { qos: 1 })
    await front.broker.publish(outgoing(`${NORTH}/alerts/citizen-3/alert-3`, 'sentinel'))
    expect((await got).map(({ topic }) => topic.split('/').at(-1))).toEqual(['alert-1', 'alert-3'])
  })
})
