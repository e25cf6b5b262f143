import type { HubTime } from './transport-time.ts'

/** Values held for a slow reader: a meter's whole memory (500 glucose records and contexts) many times over. */
export const MAX_VALUES_HELD = 4096
/** Bytes held for a slow reader; 512 is the longest value an attribute may have (Core, Vol 3, Part F, 3.2.9). */
export const MAX_BYTES_HELD = 512 * 1024

/**
 * Values between a line, which pushes when it likes, and one reader at a time. What nobody has read yet waits for the
 * next reader. When more waits than the bounds allow, `onFull` is called and nothing more is taken: a gap in the middle
 * would be worse than a broken line, after which a device sends again.
 */
export class ValueQueue {
  readonly #time: HubTime
  readonly #onFull: () => void
  #values: { readonly value: Uint8Array; readonly used: (() => void) | undefined }[] = []
  #bytes = 0
  #ended = false
  #wake: (() => void) | undefined

  constructor(time: HubTime, onFull: () => void) {
    this.#time = time
    this.#onFull = onFull
  }

  /** @param used called when the reader is done with the value: when it asks for the next one or stops reading */
  push(value: Uint8Array, used?: () => void): void {
    if (this.#ended) return
    if (this.#values.length >= MAX_VALUES_HELD || this.#bytes + value.length > MAX_BYTES_HELD) {
      this.end()
      this.#onFull()
      return
    }
    this.#values.push({ value, used })
    this.#bytes += value.length
    this.#wake?.()
  }

  /** No more values come; what is held can still be read. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /**
   * Ends when the queue has ended and is empty, or when the reader has waited `idleMs` for a value. Only waiting counts:
   * a reader that is busy writing the last value to disk does not lose the next one.
   */
  async *read(idleMs: number): AsyncGenerator<Uint8Array, void, void> {
    while (true) {
      const next = this.#values.shift()
      if (next !== undefined) {
        this.#bytes -= next.value.length
        try {
          yield next.value
        } finally {
          next.used?.()
        }
      } else if (this.#ended || !(await this.#arrival(idleMs))) {
        return
      }
    }
  }

  /** False when `idleMs` have passed without anything. */
  #arrival(idleMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (arrived: boolean) => {
        timer.cancel()
        this.#wake = undefined
        resolve(arrived)
      }
      const timer = this.#time.setTimeout(() => settle(false), idleMs)
      this.#wake = () => settle(true)
    })
  }
}
