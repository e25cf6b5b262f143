import { createClient } from 'dbus-native'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answer, capabilityFor, pairingWish } from '../../../gateway/transport/bluez/pairing.ts'
import type { SecurityPolicy } from '../../../simulators/bluetooth/peripheral.ts'
import { startBluezHub, withDbus } from './bluez-fixture.ts'
import { ADDRESS, becomes, bytes, code, device, hexOf } from './radio-fixture.ts'

const PASSKEY = 123_456
const never = new AbortController().signal

/** A device whose only characteristic wants an encrypted link. */
async function startWith(security: SecurityPolicy, options: Parameters<typeof startBluezHub>[0]) {
  const hub = await startBluezHub(options)
  const peripheral = hub.bluez.attach(
    device(ADDRESS, [{ uuid: '2A29', properties: ['read'], value: bytes('41'), encrypted: true }], {
      security,
      onDisconnect: () => peripheral.startAdvertising(),
    }),
    { passkey: PASSKEY },
  )
  peripheral.startAdvertising()
  onTestFinished(() => peripheral.detach())
  const visit = async (): Promise<string> => {
    try {
      const link = await hub.transport.connect(ADDRESS, never)
      try {
        return hexOf(await link.read('1810', '2A29'))
      } finally {
        await link.close()
      }
    } catch (error) {
      return code(error)
    }
  }
  return { ...hub, peripheral, visit }
}

describe('a pairing wish', () => {
  test('is read from the options of a device, and a passkey means that the hub pairs first', () => {
    expect(pairingWish({ passkey: '012345' }, 'none')).toEqual({
      passkey: 12_345,
      numbersAgree: false,
      pairFirst: true,
    })
    expect(pairingWish({}, 'required')).toEqual({ numbersAgree: false, pairFirst: true })
    expect(pairingWish({ numbersAgree: true }, 'optional')).toEqual({ numbersAgree: true, pairFirst: false })
  })

  test.each([
    ['12345'],
    ['abcdef'],
    ['1234567'],
    [-1],
    [1_000_000],
    [1.5],
    [true],
  ])('with %s for a passkey is config-invalid, and the message does not repeat it', (passkey) => {
    try {
      pairingWish({ passkey }, 'none')
      expect.unreachable()
    } catch (error) {
      expect(code(error)).toBe('config-invalid')
      expect(String(error)).not.toContain(String(passkey))
    }
  })

  test('lets the hub claim a keyboard only when somebody has typed', () => {
    expect(capabilityFor(undefined)).toBe('NoInputNoOutput')
    expect(capabilityFor(pairingWish({}, 'required'))).toBe('NoInputNoOutput')
    expect(capabilityFor(pairingWish({ passkey: 1 }, 'none'))).toBe('KeyboardDisplay')
    expect(capabilityFor(pairingWish({ numbersAgree: true }, 'none'))).toBe('KeyboardDisplay')
  })

  test('answers nothing for a stranger, and nothing that nobody said', () => {
    for (const question of ['passkey', 'confirmation', 'authorization'] as const) {
      expect(answer(question, undefined)).toBeUndefined()
    }
    expect(answer('passkey', pairingWish({}, 'required'))).toBeUndefined()
    expect(answer('confirmation', pairingWish({ passkey: 1 }, 'required'))).toBeUndefined()
    expect(answer('confirmation', pairingWish({ numbersAgree: true }, 'required'))).toEqual({})
  })
})

withDbus('pairing through bluetoothd', () => {
  test('a device that shows a passkey is bonded with the one from its options', async () => {
    const { visit, peripheral, lines } = await startWith('requires-passkey', {
      wish: pairingWish({ passkey: '123456' }, 'optional'),
    })
    expect(await visit()).toBe('41')
    expect(peripheral.isPaired).toBe(true)
    expect(await visit()).toBe('41')
    expect(lines.filter(({ message }) => message === 'device bonded')).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toContain('123456')
  })

  test('a wrong passkey, or none, is pairing-failed', async () => {
    const wrong = await startWith('requires-passkey', { wish: pairingWish({ passkey: '654321' }, 'optional') })
    expect(await wrong.visit()).toBe('pairing-failed')
    expect(wrong.transport.health().linksOpen).toBe(0)
    const none = await startWith('requires-passkey', { wish: pairingWish({}, 'required') })
    expect(await none.visit()).toBe('pairing-failed')
    expect(none.peripheral.isPaired).toBe(false)
  })

  test('two numbers agree only when the technician said so', async () => {
    const unsaid = await startWith('requires-secure-connections', { wish: pairingWish({ passkey: 1 }, 'required') })
    expect(await unsaid.visit()).toBe('pairing-failed')
    expect(unsaid.lines).toContainEqual(expect.objectContaining({ message: 'pairing refused' }))
    const said = await startWith('requires-secure-connections', {
      wish: pairingWish({ numbersAgree: true }, 'required'),
    })
    expect(await said.visit()).toBe('41')
  })

  test('without a passkey the hub has no keyboard, and Secure Connections need no person', async () => {
    const { visit } = await startWith('requires-secure-connections', { wish: pairingWish({}, 'required') })
    expect(await visit()).toBe('41')
  })

  test('a device that wants a bond in the middle of a visit gets one', async () => {
    const { visit, peripheral } = await startWith('just-works', { wish: pairingWish({}, 'optional') })
    expect(await visit()).toBe('41')
    expect(peripheral.isPaired).toBe(true)
  })

  test('a device that pairs only once is read at every visit', async () => {
    const { visit } = await startWith('bonded-once', { wish: pairingWish({}, 'required') })
    expect([await visit(), await visit(), await visit()]).toEqual(['41', '41', '41'])
  })

  test.each(['required', 'optional'] as const)('a device that refuses a %s bond loses none', async (bonding) => {
    const { visit, lines } = await startWith('refuses-pairing', { wish: pairingWish({}, bonding) })
    expect([await visit(), await visit()]).toEqual(['pairing-failed', 'pairing-failed'])
    expect(lines.map(({ message }) => message)).not.toContain('bond refused by the device was removed')
  })

  test('a bond that the device has lost is repaired once, with a line in the log', async () => {
    const { visit, peripheral, lines, seen } = await startWith('just-works', { wish: pairingWish({}, 'required') })
    expect(await visit()).toBe('41')
    peripheral.forgetBond()
    expect(await visit()).toBe('pairing-failed')
    const before = seen.length
    await becomes(() => seen.length > before)
    expect(await visit()).toBe('41')
    expect(lines.filter(({ message }) => message === 'bond refused by the device was removed')).toHaveLength(1)
  })

  test('nobody but bluetoothd gets a passkey out of the agent', async () => {
    const { bus, transport, bluez, peripheral, seen } = await startWith('requires-passkey', {
      wish: pairingWish({ passkey: '123456' }, 'required'),
    })
    await becomes(() => seen.length > 0)
    await (await transport.connect(ADDRESS, never)).close()
    const stranger = createClient({ busAddress: bus.address })
    onTestFinished(() => stranger.close())
    const hub = bluez.agent?.sender ?? ''
    const asked = stranger.invoke<unknown>({
      destination: hub,
      path: '/precare/agent',
      interface: 'org.bluez.Agent1',
      member: 'RequestPasskey',
      signature: 'o',
      body: [peripheral.path],
    })
    expect(hub).toMatch(/^:/)
    await expect(asked).rejects.toMatchObject({ dbusName: 'org.bluez.Error.Rejected' })
  })
})
