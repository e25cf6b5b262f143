import type { MessageBus } from 'dbus-native'
import { BluezError } from './bus-object.ts'

const AGENT = 'org.bluez.Agent1'

/** The one program that answers for people. */
export interface RegisteredAgent {
  readonly sender: string
  readonly path: string
  /** 'KeyboardDisplay', 'NoInputNoOutput', ... */
  readonly capability: string
}

export interface AgentCaller {
  /** @throws BluezError as a pairing that was refused */
  passkey(device: string): Promise<number>
  confirm(device: string, passkey: number): Promise<void>
}

/** Asks the agent as bluetoothd does; its refusal fails the pairing. */
export function agentCaller(bus: MessageBus, agent: RegisteredAgent): AgentCaller {
  const ask = async (member: string, signature: string, body: unknown[]): Promise<unknown> => {
    try {
      return await bus.invoke<unknown>({
        destination: agent.sender,
        path: agent.path,
        interface: AGENT,
        member,
        signature,
        body,
      })
    } catch (cause) {
      throw new BluezError('AuthenticationFailed', `Authentication Failed (${String(cause)})`)
    }
  }
  return {
    passkey: async (device) => Number(await ask('RequestPasskey', 'o', [device])),
    confirm: async (device, passkey) => {
      await ask('RequestConfirmation', 'ou', [device, passkey])
    },
  }
}
