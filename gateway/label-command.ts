import type { Command } from 'commander'
import { PreCareError } from '../device-drivers/errors.ts'
import { writeDurably } from './durable-file.ts'
import { checkLabel, labelSvg, labelText } from './label.ts'

/** `hub label`: what is printed for the box. */

export interface LabelCommandParts {
  readonly print: (text: string) => void
  /** Number of this board, where it has one. */
  readonly machine: string | undefined
}

interface LabelFlags {
  readonly model: string
  readonly address: string
  readonly serial?: string
  readonly out: string
}

export function addLabelCommand(program: Command, parts: LabelCommandParts): void {
  program
    .command('label')
    .description('make the label for the box of this hub: serial number, model and address, and no secret')
    .requiredOption('--model <text>', 'model of the computer')
    .requiredOption('--address <url>', 'web address of whoever is asked about a hub that was found')
    .option('--serial <sn>', "serial number; by default the board's own")
    .requiredOption('--out <file>', 'SVG to write')
    .action((flags: LabelFlags) => label(parts, flags))
}

/** Others may read it: it is stuck on the outside. */
const ANYBODY = 0o644

async function label({ machine, print }: LabelCommandParts, flags: LabelFlags): Promise<void> {
  const serial = flags.serial ?? machine
  if (serial === undefined) {
    throw new PreCareError('config-invalid', '--serial: this machine has no number of its own; write one')
  }
  const facts = checkLabel({ serial, model: flags.model, address: flags.address })
  const qrcode = await import('qrcode')
  const code = await qrcode.toString(labelText(facts), { type: 'svg', margin: 0 })
  writeDurably(flags.out, labelSvg(facts, code), ANYBODY)
  print(`${flags.out} is the label of ${serial}`)
}
