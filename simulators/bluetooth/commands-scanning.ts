import type { Command, CommandTable } from './commands.ts'
import type { Scanner } from './scanning.ts'

/** LE Set Scan Parameters and LE Set Scan Enable (Core, Vol 4, Part E, 7.8.10 and 7.8.11). */
export function scanningCommands(scanner: Scanner): CommandTable {
  return new Map<number, Command>([
    [
      0x200b,
      {
        answer: 'complete',
        length: 7,
        run: (parameters) => ({ status: scanner.configure(parameters.readUInt8(0) === 0x01) }),
      },
    ],
    [
      0x200c,
      {
        answer: 'complete',
        length: 2,
        run: (parameters) => ({
          status: scanner.enable(parameters.readUInt8(0) === 0x01, parameters.readUInt8(1) === 0x01),
        }),
      },
    ],
  ])
}
