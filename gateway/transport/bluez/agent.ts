import { PreCareError } from '../../../device-drivers/errors.ts'
import type { TransportLog } from '../transport-log.ts'
import { type BluezBus, refusalName } from './bus.ts'
import { answer, capabilityFor, type PairingAnswer, type PairingQuestion, type PairingWish } from './pairing.ts'

const AGENT = 'org.bluez.Agent1'
const AGENT_MANAGER = 'org.bluez.AgentManager1'
const MANAGER_PATH = '/org/bluez'
const AGENT_PATH = '/precare/agent'

/** 'o' is the device, 's' and 'u' what it shows; methods of org.bluez.Agent1. */
const METHODS = {
  Release: ['', '', [], []],
  RequestPinCode: ['o', 's', ['device'], ['pincode']],
  DisplayPinCode: ['os', '', ['device', 'pincode'], []],
  RequestPasskey: ['o', 'u', ['device'], ['passkey']],
  DisplayPasskey: ['ouq', '', ['device', 'passkey', 'entered'], []],
  RequestConfirmation: ['ou', '', ['device', 'passkey'], []],
  RequestAuthorization: ['o', '', ['device'], []],
  AuthorizeService: ['os', '', ['device', 'uuid'], []],
  Cancel: ['', '', [], []],
} satisfies Record<string, [string, string, string[], string[]]>

/** How bluetoothd is told no. */
class Rejected extends Error {
  readonly dbusName = 'org.bluez.Error.Rejected'
}

export interface PairingAgent {
  /** Says what the hub can do for this device's pairing; bluetoothd asks nobody else. */
  use(wish: PairingWish | undefined): Promise<void>
}

/** 'aa:bb:cc:dd:ee:ff' of '/org/bluez/hci0/dev_AA_BB_CC_DD_EE_FF'. */
export function addressOf(path: string): string {
  return (/dev_((?:[0-9A-F]{2}_){5}[0-9A-F]{2})$/i.exec(path)?.[1] ?? '').replaceAll('_', ':').toLowerCase()
}

/** Answers bluetoothd's questions while a device pairs. Registered at the first {@link PairingAgent.use}. */
export function createAgent(
  bus: BluezBus,
  wishOf: (address: string) => PairingWish | undefined,
  log: TransportLog,
): PairingAgent {
  const decide = (question: PairingQuestion, args: readonly unknown[]): PairingAnswer => {
    const device = args[0]
    const message = args.at(-1)
    const sender: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'sender') : undefined
    // Any program on the machine can call an object on the system bus, and a passkey is a secret.
    if (sender !== bus.objects.owner) throw new Rejected('only bluetoothd may ask')
    const address = typeof device === 'string' ? addressOf(device) : ''
    const given = answer(question, wishOf(address))
    if (given === undefined) {
      log.warn({ address, reason: question }, 'pairing refused')
      throw new Rejected(question)
    }
    return given
  }
  const refuse = () => {
    throw new Rejected('this hub has no screen')
  }
  const implementation = {
    Release: () => null,
    Cancel: () => null,
    RequestPinCode: refuse,
    DisplayPinCode: refuse,
    DisplayPasskey: refuse,
    RequestPasskey: (...args: unknown[]) => decide('passkey', args).passkey,
    RequestConfirmation: (...args: unknown[]) => noBody(decide('confirmation', args)),
    RequestAuthorization: (...args: unknown[]) => noBody(decide('authorization', args)),
    AuthorizeService: (...args: unknown[]) => noBody(decide('authorization', args)),
  }
  bus.raw.exportInterface(implementation, AGENT_PATH, { name: AGENT, methods: METHODS })

  const manager = (member: string, signature: string, body: readonly unknown[]) =>
    bus.call(MANAGER_PATH, AGENT_MANAGER, member, { signature, body })
  let registered: string | undefined
  return {
    use: async (wish) => {
      const capability = capabilityFor(wish)
      if (registered === capability) return
      if (registered !== undefined) await manager('UnregisterAgent', 'o', [AGENT_PATH])
      registered = undefined
      try {
        await manager('RegisterAgent', 'os', [AGENT_PATH, capability])
        await manager('RequestDefaultAgent', 'o', [AGENT_PATH])
      } catch (error) {
        const name = refusalName(error)
        if (name === undefined) throw error
        throw new PreCareError('adapter-unavailable', `bluetoothd takes no agent: ${name}`, { cause: error })
      }
      registered = capability
    },
  }
}

/** dbus-native's sign for a reply without a body. */
const noBody = (_: PairingAnswer): null => null
