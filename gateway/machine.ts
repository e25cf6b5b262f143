import { readFileSync } from 'node:fs'

/** The board's own number stays with the board when a card moves; the operating system's moves along with the card. */
const SOURCES = ['/sys/firmware/devicetree/base/serial-number', '/etc/machine-id']

/** Empty where the machine has none that this user may read. */
export function machineNumber(): { readonly machine?: string } {
  for (const path of SOURCES) {
    try {
      const machine = readFileSync(path, 'utf8').replaceAll('\0', '').trim()
      if (machine.length > 0) return { machine }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')))
        throw error
    }
  }
  return {}
}
