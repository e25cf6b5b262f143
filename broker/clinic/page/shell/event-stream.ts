/** Server-sent events (WHATWG HTML, 9.2.6) from the text of a response, as it comes. Pure. */

export interface StreamEvent {
  readonly event: string
  readonly data: string
  /** The newest id so far: with it the stream is resumed. */
  readonly id: string
}

/** Longer is no event of ours: a change has 300 characters. */
export const MAX_PENDING = 64 * 1024

/**
 * @returns takes each piece of text and gives the events that it completes; comments and unknown fields give none
 * @throws RangeError when an event has no end
 */
export function eventParser(): (text: string) => StreamEvent[] {
  let pending = ''
  let event = ''
  let data: string[] = []
  let id = ''

  function line(text: string): StreamEvent | undefined {
    if (text === '') {
      const whole = data.length === 0 ? undefined : { event: event || 'message', data: data.join('\n'), id }
      event = ''
      data = []
      return whole
    }
    const colon = text.indexOf(':')
    if (colon === 0) return undefined
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id') id = value
    return undefined
  }

  return (text) => {
    const lines = (pending + text).split(/\r\n|\n|\r(?!$)/)
    pending = lines.pop() ?? ''
    if (pending.length > MAX_PENDING) throw new RangeError('an event has no end')
    return lines.flatMap((one) => line(one) ?? [])
  }
}
