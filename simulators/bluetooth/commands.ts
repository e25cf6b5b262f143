import { commandComplete, commandStatus, STATUS } from './hci.ts'
import { view } from './octets.ts'

/** How a command is answered (Core, Vol 4, Part E, 4.4): with the result, or with "started" and an event later. */
type AnswerForm = 'complete' | 'status'

export interface CommandOutcome {
  readonly status: number
  /** Return parameters behind the status. */
  readonly data?: Uint8Array
  /** What happens once the answer is on its way to the host. */
  readonly after?: () => void
}

export interface Command {
  readonly answer: AnswerForm
  /** Parameters the command must at least have. */
  readonly length: number
  /** The parameters begin with a connection handle which every Command Complete must give back (Part E, 4.5). */
  readonly returnsHandle?: boolean
  readonly run: (parameters: Buffer) => CommandOutcome
}

export type CommandTable = ReadonlyMap<number, Command>

export const OK: CommandOutcome = { status: STATUS.success }

/**
 * Fault of the controller's command interface, asked before a command runs.
 * @returns a status to refuse it with, 'drop' for no answer at all, undefined to run it
 */
export type CommandFault = (opcode: number, parameters: Uint8Array) => number | 'drop' | undefined

/** Runs one command and sends its answer. */
export function runCommand(
  table: CommandTable,
  packet: Uint8Array,
  send: (event: Buffer) => void,
  fault?: CommandFault,
): void {
  const command = view(packet)
  const opcode = command.readUInt16LE(1)
  const parameters = command.subarray(4)
  const known = table.get(opcode)
  const injected = fault?.(opcode, parameters)
  if (injected === 'drop') return
  if (known === undefined) {
    send(commandStatus(opcode, injected ?? STATUS.unknownCommand))
    return
  }
  const outcome = injected === undefined ? perform(known, parameters) : { status: injected }
  if (known.answer === 'status') {
    send(commandStatus(opcode, outcome.status))
  } else {
    const handle = known.returnsHandle && outcome.data === undefined ? parameters.subarray(0, 2) : undefined
    send(commandComplete(opcode, outcome.status, outcome.data ?? handle))
  }
  outcome.after?.()
}

function perform(command: Command, parameters: Buffer): CommandOutcome {
  return parameters.length < command.length ? { status: STATUS.invalidParameters } : command.run(parameters)
}
