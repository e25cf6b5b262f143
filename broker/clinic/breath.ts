/** Longer than this at once nothing else gets in: an alert that is being stored. */
const BREATH_MS = 10

/** To be awaited between two pieces of a long answer: lets other work in when the pieces have taken long. */
export function openBreath(clock: { monotonic(): number }): () => Promise<void> {
  let since = clock.monotonic()
  return async () => {
    if (clock.monotonic() - since < BREATH_MS) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    since = clock.monotonic()
  }
}
