import { ETX, STX, sumOf } from '../encoders/nonin.ts'

/** What a host asks of a Nonin oximeter. */
export type NoninCommand =
  | { readonly type: 'ack' }
  | { readonly type: 'nak' }
  | { readonly type: 'set-format'; readonly format: number }
  | { readonly type: 'set-time'; readonly fields: readonly number[] }
  | { readonly type: 'get-time' }
  | { readonly type: 'get-serial' }
  | { readonly type: 'refused' }

/** Longest command; a start byte with no end inside it was noise. */
const LONGEST = 16

function meaning(opcode: number, length: number, data: readonly number[]): NoninCommand {
  const last = data.at(-1)
  if (opcode === 0x70) {
    const format = data[1]
    if (data[0] !== 0x02 || format === undefined) return { type: 'refused' }
    // The long form carries a sum from the opcode on; the short one none.
    const checked = length < 4 || last === sumOf([opcode, length, ...data.slice(0, -1)])
    return checked ? { type: 'set-format', format } : { type: 'refused' }
  }
  if (opcode === 0x72) {
    if (length === 0) return { type: 'get-time' }
    return length === 6 ? { type: 'set-time', fields: data } : { type: 'refused' }
  }
  if (opcode === 0x74 && length === 2) {
    // The sum of this one starts after the length byte.
    return last === sumOf(data.slice(0, -1)) ? { type: 'get-serial' } : { type: 'refused' }
  }
  return { type: 'refused' }
}

/**
 * Reads commands out of chunks: `02 opcode length data 03`, or a single ACK or NAK. Anything else is skipped.
 * The layout of set and get time (72) is not confirmed by any captured exchange.
 */
export function createCommandReader(): (chunk: Uint8Array) => NoninCommand[] {
  let held: number[] = []
  return (chunk) => {
    held.push(...chunk)
    const commands: NoninCommand[] = []
    for (let first = held[0]; first !== undefined; first = held[0]) {
      if (first === 0x06 || first === 0x15) {
        commands.push({ type: first === 0x06 ? 'ack' : 'nak' })
        held.shift()
        continue
      }
      const [, opcode, length] = held
      if (first !== STX || (length !== undefined && length > LONGEST)) {
        held.shift()
        continue
      }
      if (opcode === undefined || length === undefined || held.length < length + 4) break
      const frame = held.slice(0, length + 4)
      if (frame.at(-1) === ETX) {
        commands.push(meaning(opcode, length, frame.slice(3, -1)))
        held = held.slice(frame.length)
      } else held.shift()
    }
    return commands
  }
}
