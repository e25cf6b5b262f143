import type { SecurityPolicy } from '../bluetooth/peripheral.ts'
import type { AgentCaller } from './agent-caller.ts'
import { BluezError } from './bus-object.ts'

/** What the kernel's pairing makes of a device's policy and of what the hub claims to be (Core, Vol 3, Part H, 2.3.5.1). */
export interface PairingSides {
  readonly policy: SecurityPolicy
  /** Shown by the device. */
  readonly passkey: number
  /** The device holds a bond already and is out of its pairing mode. */
  readonly deviceBonded: boolean
  readonly capability: string
  readonly device: string
  readonly agent: AgentCaller
}

/** Resolves when both sides have a bond. @throws BluezError AuthenticationFailed */
export async function pair({ policy, passkey, deviceBonded, capability, device, agent }: PairingSides): Promise<void> {
  const refuse = () => new BluezError('AuthenticationFailed', 'Authentication Failed')
  const keyboard = capability.includes('Keyboard')
  if (policy === 'none' || policy === 'refuses-pairing') throw refuse()
  if (policy === 'bonded-once' && deviceBonded) throw refuse()
  if (policy === 'requires-passkey' && !(keyboard && (await agent.passkey(device)) === passkey)) throw refuse()
  // With a display on both sides the numbers are compared; without one it is Just Works, also in Secure Connections.
  if (policy === 'requires-secure-connections' && keyboard) await agent.confirm(device, passkey)
}
