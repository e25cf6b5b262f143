import { execFile } from 'node:child_process'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'

/** `btmgmt` waits for ever when the kernel does not answer. */
const COMMAND_MS = 5_000

/**
 * Switches the adapter off and on through the kernel's management socket; Node has no access to it, BlueZ's `btmgmt` does
 * (it needs CAP_NET_ADMIN). Another controller reset than noble's: the kernel sets the device up anew.
 *
 * @param adapter N of hciN
 * @throws PreCareError 'adapter-unavailable' when the command is missing or refused; the adapter then is left on
 */
export async function powerCycle(adapter: number, signal: AbortSignal, command = 'btmgmt'): Promise<void> {
  for (const state of ['off', 'on']) await run(command, ['--index', String(adapter), 'power', state], signal)
}

function run(command: string, words: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, [...words], { signal, timeout: COMMAND_MS, killSignal: 'SIGKILL' }, (error) => {
      if (error === null) resolve()
      else reject(new PreCareError('adapter-unavailable', `${command}: ${messageOf(error)}`, { cause: error }))
    })
  })
}
