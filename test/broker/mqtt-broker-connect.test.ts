import { once } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  CLINIC,
  closed,
  connectPacket,
  type Front,
  HUB_A,
  HUB_B,
  OTHER_CLINIC,
  openFront,
  READINGS_A,
  rawSocket,
} from './mqtt-fixture.ts'

let front: Front
afterEach(() => front.close())

describe('who may connect', () => {
  test('nobody without a password, and nobody with a wrong one', async () => {
    front = await openFront({})
    await expect(front.connectAnonymously(HUB_A.id)).rejects.toMatchObject({ code: 5 })
    await expect(front.connect(HUB_A, { password: 'wrong' })).rejects.toMatchObject({ code: 4 })
    await expect(front.connect(HUB_A, { password: '' })).rejects.toMatchObject({ code: 4 })
    expect(front.broker.counts().connected).toBe(0)
  })

  test('nobody under a client id that is not the account, even with a right password', async () => {
    front = await openFront({})
    for (const clientId of ['hub-b', 'hub-a:2', 'anything', '__proto__', 'hub-a/x']) {
      await expect(front.connect(HUB_A, { clientId })).rejects.toMatchObject({ code: 2 })
    }
    // Refused before the password is looked at: a stranger's guess costs no scrypt.
    await expect(front.connect(HUB_A, { clientId: 'hub-b', password: 'wrong' })).rejects.toMatchObject({ code: 2 })
    await expect(front.connect(CLINIC, { clientId: 'clinic-reader:one' })).resolves.toBeDefined()
  })

  test('nobody with an empty client id that wants to be remembered (MQTT 3.1.1, 3.1.3-8)', async () => {
    front = await openFront({})
    const socket = rawSocket(front.broker.url)
    socket.write(connectPacket('', 'hub-a', front.password(HUB_A), false))
    const [connack] = (await once(socket, 'data')) as [Buffer]
    expect([...connack]).toEqual([0x20, 2, 0, 2])
    await closed(socket)
  })

  test('a stranger cannot take over the connection of a hub', async () => {
    front = await openFront({})
    const hub = await front.connect(HUB_A)
    const onClose = vi.fn()
    hub.on('close', onClose)
    await expect(front.connect(HUB_B, { clientId: 'hub-a' })).rejects.toMatchObject({ code: 2 })
    await expect(front.connect(HUB_A, { password: 'guess' })).rejects.toMatchObject({ code: 4 })
    await hub.publishAsync(READINGS_A, 'still here', { qos: 1 })
    expect(onClose).not.toHaveBeenCalled()
    expect(front.accepted).toEqual([{ hub: 'hub-a', payload: 'still here' }])
  })

  test('a hub that comes back replaces its own dead connection', async () => {
    front = await openFront({})
    const first = await front.connect(HUB_A)
    const gone = closed(first)
    await front.connect(HUB_A)
    await gone
    await vi.waitFor(() => expect(front.broker.counts().connected).toBe(1))
  })

  test('an account that is disabled or gets another password is cut at the next check', async () => {
    front = await openFront({ ownAccounts: true })
    const [hub, clinic, other] = await Promise.all([
      front.connect(HUB_A),
      front.connect(CLINIC),
      front.connect(OTHER_CLINIC),
    ])
    const gone = Promise.all([closed(hub), closed(clinic)])
    front.accounts.disable(HUB_A.id)
    await front.accounts.reset(CLINIC.id)
    front.broker.recheck()
    await gone
    expect(other.connected).toBe(true)
    await expect(front.connect(HUB_A)).rejects.toMatchObject({ code: 4 })
    await expect(front.connect(CLINIC)).rejects.toMatchObject({ code: 4 })
  })

  test('plain text from outside never', async () => {
    front = await openFront({})
    await expect(openFront({ broker: { host: '0.0.0.0' } })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('has no TLS'),
    })
  })
})
