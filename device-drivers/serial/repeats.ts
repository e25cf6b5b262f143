/**
 * Repeats of a record on a line where the answer "received" names no record. A repeat that crossed our answer must not
 * be answered too, or the device deletes the record behind it unseen. So the first repeat is passed over; a second one
 * means that the answer was lost, and comes through.
 * @returns true for a frame that is to be passed over
 */
export function createRepeatFilter(): (frame: Uint8Array) => boolean {
  let last: Uint8Array | undefined
  let crossed = false
  return (frame) => {
    if (last !== undefined && !crossed && Buffer.compare(last, frame) === 0) {
      crossed = true
      return true
    }
    last = frame
    crossed = false
    return false
  }
}
