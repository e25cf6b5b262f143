import type { AclStream } from './noble-internals.ts'

/**
 * noble confirms an indication as soon as it has it (gatt.js:114). A cuff forgets what was confirmed, and a hub that
 * dies before the record is on disk would have lost it. So the confirmation is held until whoever got the value has
 * asked for the next one. There is never more than one: a server waits for the confirmation before it sends another
 * indication (Core, Vol 3, Part F, 3.3.2).
 */

const ATT_CHANNEL = 0x0004
const INDICATION = 0x1d
const CONFIRMATION = 0x1e

interface Indication {
  claimed: boolean
  released: boolean
  /** What noble wanted to send; it may also come after the release, when a request was pending. */
  confirmation?: Buffer
}

/** @returns to be asked while noble delivers a value: takes the indication over and gives what confirms it */
export function holdConfirmations(stream: AclStream): () => (() => void) | undefined {
  const write = stream.write.bind(stream)
  let current: Indication | undefined

  const release = (indication: Indication): void => {
    if (indication.released) return
    indication.released = true
    if (indication.confirmation !== undefined) write(ATT_CHANNEL, indication.confirmation)
  }
  stream.write = (cid, pdu) => {
    if (cid === ATT_CHANNEL && pdu[0] === CONFIRMATION && current !== undefined && !current.released) {
      current.confirmation = pdu
    } else write(cid, pdu)
  }
  stream.prependListener('data', (cid: number, pdu: Buffer) => {
    if (cid !== ATT_CHANNEL || pdu[0] !== INDICATION) return
    const indication: Indication = { claimed: false, released: false }
    current = indication
    // noble delivers within this event: whoever wants the value has claimed it by the end of it.
    queueMicrotask(() => {
      if (!indication.claimed) release(indication)
    })
  })
  return () => {
    const indication = current
    if (indication === undefined || indication.claimed || indication.released) return undefined
    indication.claimed = true
    return () => release(indication)
  }
}
