import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { memoryBonds, openBondStore } from '../../../gateway/transport/bonds.ts'
import { attachInProcess } from '../../../simulators/bluetooth/controller.ts'
import type { SecurityPolicy } from '../../../simulators/bluetooth/peripheral.ts'
import type { PeripheralEnd } from '../../../simulators/bluetooth/peripheral-end.ts'
import type { PeripheralFaults } from '../../../simulators/bluetooth/virtual-peripheral.ts'
import { ManualTime } from '../../../simulators/time.ts'
import {
  ADDRESS,
  becomes,
  bytes,
  code,
  collectingLog,
  device,
  hexOf,
  MEASUREMENT,
  SERVICE,
  startController,
  startHub,
  temporaryFolder,
} from './radio-fixture.ts'

const ATT_CHANNEL = 0x0004
const SMP_CHANNEL = 0x0006
const START_ENCRYPTION = 0x2019

/** A device with one encrypted value, which advertises again after each visit. */
function securedDevice(
  security: SecurityPolicy,
  faults: PeripheralFaults = {},
  onConnect: (end: PeripheralEnd | undefined) => void = () => undefined,
) {
  const opcodes: number[] = []
  const { adapter, controller } = startController({
    commandFault: (opcode) => {
      opcodes.push(opcode)
      return undefined
    },
  })
  const peripheral = controller.attach(
    device(
      ADDRESS,
      [
        { uuid: '2A29', properties: ['read', 'write'], value: bytes('41'), encrypted: true },
        { uuid: '2A24', properties: ['read'], value: bytes('42') },
        { uuid: MEASUREMENT, properties: ['indicate'], encrypted: true },
      ],
      {
        security,
        onConnect: () => onConnect(peripheral.link),
        onDisconnect: () => peripheral.startAdvertising(),
      },
    ),
    faults,
  )
  peripheral.startAdvertising()
  return {
    adapter,
    controller,
    peripheral,
    encryptions: () => opcodes.filter((one) => one === START_ENCRYPTION).length,
  }
}

/** Asks for security when it is connected, and answers nothing before it has it. */
function answersOnlyEncrypted(end: PeripheralEnd | undefined): void {
  if (end === undefined) return
  const received = end.received.bind(end)
  const started = end.encryptionStarted.bind(end)
  const waiting: Buffer[] = []
  end.received = (channel, payload) => {
    if (channel === ATT_CHANNEL && !end.encrypted) waiting.push(payload)
    else received(channel, payload)
  }
  end.encryptionStarted = () => {
    started()
    for (const payload of waiting.splice(0)) received(ATT_CHANNEL, payload)
  }
  end.requestSecurity()
}

test('a device that pairs only once is read again after a restart of the hub, with the keys on disk', async () => {
  const { adapter, peripheral, encryptions } = securedDevice('bonded-once')
  const path = join(temporaryFolder(), 'bonds.json')
  for (const visit of [1, 2, 3]) {
    const hub = await startHub({ adapter, bonds: openBondStore(path, collectingLog([])) })
    const link = await hub.transport.connect(ADDRESS, hub.signal)
    expect(hexOf(await link.read(SERVICE, '2A29')), `visit ${visit}`).toBe('41')
    expect(peripheral.link?.encrypted).toBe(true)
    await link.write(SERVICE, '2A29', bytes('01'))
    const values = await link.subscribe(SERVICE, MEASUREMENT)
    const confirmed = peripheral.link?.indicate(MEASUREMENT, bytes('05'))
    for await (const value of values) {
      expect(hexOf(value)).toBe('05')
      break
    }
    await confirmed
    await link.close()
    hub.stop()
    expect(encryptions()).toBe(visit)
  }
  expect(openBondStore(path, collectingLog([])).addresses()).toEqual([ADDRESS])
})

test('without its keys the same device is a pairing that failed, not a hang', async () => {
  const { adapter } = securedDevice('bonded-once')
  const first = await startHub({ adapter })
  const link = await first.transport.connect(ADDRESS, first.signal)
  await link.read(SERVICE, '2A29')
  await link.close()
  first.stop()
  const second = await startHub({ adapter, time: new ManualTime() })
  const again = await second.transport.connect(ADDRESS, second.signal)
  expect(await again.read(SERVICE, '2A29').catch(code)).toBe('pairing-failed')
})

for (const policy of ['refuses-pairing', 'requires-passkey', 'requires-secure-connections'] as const) {
  test(`a device that ${policy.replaceAll('-', ' ')} is a pairing that failed, for a read, a write and a subscription`, async () => {
    const { adapter, peripheral } = securedDevice(policy)
    const { transport, signal } = await startHub({ adapter, time: new ManualTime() })
    for (const operate of ['read', 'write', 'subscribe'] as const) {
      const link = await transport.connect(ADDRESS, signal)
      const outcome =
        operate === 'write'
          ? link.write(SERVICE, '2A29', bytes('01'))
          : link[operate](SERVICE, operate === 'read' ? '2A29' : MEASUREMENT)
      expect(await Promise.resolve<unknown>(outcome).catch(code), operate).toBe('pairing-failed')
      expect(code(link.lost.reason)).toBe('pairing-failed')
      await link.close()
      expect(peripheral.link).toBeUndefined()
    }
  })
}

test('a device that never answers the pairing is a pairing that failed', async () => {
  const { adapter, peripheral } = securedDevice('just-works')
  const time = new ManualTime()
  const { transport, signal } = await startHub({ adapter, time })
  const link = await transport.connect(ADDRESS, signal)
  const end = peripheral.link
  const received = end?.received.bind(end)
  let asked = false
  if (end) {
    end.received = (channel, payload) => {
      if (channel === SMP_CHANNEL) asked = true
      else received?.(channel, payload)
    }
  }
  const read = link.read(SERVICE, '2A29').catch(code)
  await becomes(() => asked)
  time.advance(30_000)
  expect(await read).toBe('pairing-failed')
})

test('a device that has lost its keys pairs anew once, and the new keys are kept', async () => {
  const { adapter, peripheral, encryptions } = securedDevice('bonded-once')
  const bonds = memoryBonds()
  const { transport, lines, signal } = await startHub({ adapter, bonds })
  const visit = async () => {
    const link = await transport.connect(ADDRESS, signal)
    expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
    await becomes(() => peripheral.isBonded)
    await link.close()
    return bonds.get(ADDRESS)
  }
  const old = await visit()
  peripheral.forgetBond()
  const renewed = await visit()
  expect(renewed).toBeDefined()
  expect(renewed).not.toEqual(old)
  expect(lines).toContainEqual(expect.objectContaining({ message: 'device does not know its stored keys' }))
  const before = encryptions()
  await visit()
  expect(encryptions()).toBe(before + 1)
})

test('a device that says nothing before the link is encrypted is read again after it has lost its keys', async () => {
  const { adapter, peripheral } = securedDevice('bonded-once', {}, answersOnlyEncrypted)
  const bonds = memoryBonds()
  const { transport, lines, signal } = await startHub({ adapter, bonds, deadlines: { interviewMs: 2_000 } })
  const visit = async () => {
    const link = await transport.connect(ADDRESS, signal)
    expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
    await link.close()
    return bonds.get(ADDRESS)
  }
  const old = await visit()
  expect(await visit()).toEqual(old)
  expect(lines.filter(({ level }) => level === 'warn')).toEqual([])
  peripheral.forgetBond()
  const renewed = await visit()
  expect(renewed).not.toEqual(old)
  expect(await visit()).toEqual(renewed)
  expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    'device does not know its stored keys',
  ])
})

test('when such a device refuses the new pairing as well, each visit says so, the log once, and the keys stay', async () => {
  const { adapter } = securedDevice('refuses-pairing', {}, answersOnlyEncrypted)
  const bonds = memoryBonds()
  const stale = { ltk: '11'.repeat(16), ediv: '2233', rand: '44'.repeat(8) }
  bonds.put(ADDRESS, stale)
  const { transport, lines, signal } = await startHub({ adapter, bonds })
  for (const _ of [1, 2]) expect(await transport.connect(ADDRESS, signal).catch(code)).toBe('pairing-failed')
  expect(lines.filter(({ message }) => message === 'device does not know its stored keys')).toHaveLength(1)
  expect(bonds.get(ADDRESS)).toEqual(stale)
})

test('keys that break the link are left out of the next visit, and replaced by a new pairing', async () => {
  const { adapter } = securedDevice('just-works')
  const bonds = memoryBonds()
  const { transport, signal } = await startHub({ adapter, bonds })
  const first = await transport.connect(ADDRESS, signal)
  await first.read(SERVICE, '2A29')
  await first.close()
  const good = bonds.get(ADDRESS)
  expect(good).toBeDefined()
  if (good) bonds.put(ADDRESS, { ...good, ltk: '00'.repeat(16) })
  expect(await transport.connect(ADDRESS, signal).catch(code)).toBe('link-lost')
  const repaired = await transport.connect(ADDRESS, signal)
  expect(hexOf(await repaired.read(SERVICE, '2A29'))).toBe('41')
  expect(bonds.get(ADDRESS)?.ltk).not.toBe('00'.repeat(16))
})

test('encryption that changes unasked crashes nothing and sends no command twice', async () => {
  const requests: number[] = []
  const { adapter, controller, peripheral } = securedDevice('just-works', {
    attFault: (pdu) => {
      requests.push(pdu[0] ?? 0)
      return undefined
    },
  })
  const hub = await startHub({ adapter })
  const link = await hub.transport.connect(ADDRESS, hub.signal)
  const before = requests.length
  // No command is pending: noble would read the buffer of null.
  peripheral.link?.requestSecurity()
  await becomes(() => peripheral.link?.encrypted === true)
  expect(requests.length).toBe(before)
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
  await link.close()
  expect(controller.powered).toBe(true)
})

test('a device that asks for security while it is being discovered gets it, and every answer fits its question', async () => {
  const requests: string[] = []
  const { adapter, peripheral } = securedDevice('bonded-once', {
    attFault: (pdu, link) => {
      requests.push(hexOf(pdu))
      // In the middle of the discovery of services.
      if (pdu[0] === 0x10 && requests.filter((request) => request.startsWith('10')).length === 1 && !link.encrypted) {
        peripheral.link?.requestSecurity()
      }
      return undefined
    },
  })
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  await becomes(() => peripheral.link?.encrypted === true)
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
  expect(hexOf(await link.read(SERVICE, '2A24'))).toBe('42')
  expect(new Set(requests).size).toBe(requests.length)
  expect(peripheral.isBonded).toBe(true)
})

test('a request that waits for its answer is not sent twice when the link becomes encrypted', async () => {
  const READ = 0x0a
  let reads = 0
  const { adapter, peripheral } = securedDevice('just-works', {
    attFault: (pdu) => {
      if (pdu[0] !== READ) return undefined
      reads += 1
      peripheral.link?.requestSecurity()
      return 'drop'
    },
  })
  const time = new ManualTime()
  const bonds = memoryBonds()
  const { transport, signal } = await startHub({ adapter, time, bonds })
  const link = await transport.connect(ADDRESS, signal)
  const read = link.read(SERVICE, '2A24').catch(code)
  // The keys pass last, after the encryption: by then a second request would have been sent, too.
  await becomes(() => bonds.get(ADDRESS) !== undefined)
  time.advance(30_000)
  expect(await read).toBe('operation-timeout')
  expect(reads).toBe(1)
})

test('keys that come without a pairing are not kept', async () => {
  const { adapter, controller } = startController({ plugged: false })
  const toHost: ((packet: Uint8Array) => void)[] = []
  const plugged = attachInProcess(adapter, {
    get powered() {
      return controller.powered
    },
    onPower: (listener) => controller.onPower(listener),
    connectHost: (deliver) => {
      toHost.push(deliver)
      return controller.connectHost(deliver)
    },
  })
  onTestFinished(() => plugged.detach())
  const peripheral = controller.attach(device(ADDRESS, [{ uuid: '2A24', properties: ['read'], value: bytes('42') }]))
  onTestFinished(() => peripheral.detach())
  peripheral.startAdvertising()
  const bonds = memoryBonds()
  const { transport, signal } = await startHub({ adapter, bonds })
  const link = await transport.connect(ADDRESS, signal)
  const fromPeer = (pdu: string) => {
    const payload = bytes(pdu)
    const FIRST_HANDLE = 0x40
    const FROM_CONTROLLER = 0x20
    const header = [2, FIRST_HANDLE, FROM_CONTROLLER, payload.length + 4, 0, payload.length, 0, SMP_CHANNEL, 0]
    for (const deliver of toHost) deliver(Uint8Array.of(...header, ...payload))
  }
  fromPeer(`06${'ee'.repeat(16)}`)
  fromPeer(`07${'ee'.repeat(10)}`)
  // Packets stay in order: when this is answered, the keys were seen.
  expect(hexOf(await link.read(SERVICE, '2A24'))).toBe('42')
  expect(bonds.addresses()).toEqual([])
})
