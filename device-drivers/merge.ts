/**
 * Values of several sources as they come; ends when all have ended, and a source that fails fails the whole. A source is
 * asked for its next value only when the reader asks for one: on a Bluetooth link that confirms an indication.
 */
export async function* merge<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  const asked = new Map<AsyncIterator<T>, Promise<{ from: AsyncIterator<T>; result: IteratorResult<T> }>>()
  const ask = (from: AsyncIterator<T>): void => {
    asked.set(
      from,
      from.next().then((result) => ({ from, result })),
    )
  }
  for (const iterator of iterators) ask(iterator)
  try {
    while (asked.size > 0) {
      const { from, result } = await Promise.race(asked.values())
      asked.delete(from)
      if (result.done === true) continue
      yield result.value
      ask(from)
    }
  } finally {
    // The reader has left, or one source has failed and said why: what the others still say is nobody's any more. Not
    // awaited, since a source that waits for its next value would hold the reader.
    const unheard = (): undefined => undefined
    for (const pending of asked.values()) pending.catch(unheard)
    for (const iterator of iterators) iterator.return?.().catch(unheard)
  }
}
