import type { Outbox } from '../../gateway/outbox.ts'

const ALL = { rows: 10_000, bytes: 1e9 }

/** Takes over all that was set aside, as fast as a broker would receipt it. Resolves with the record numbers, as they come. */
export async function takenOver(outbox: Outbox): Promise<number[]> {
  const numbers: number[] = []
  for (;;) {
    await outbox.takeover.some()
    const last = outbox.lastSequence()
    for (let run = outbox.run(1, last, ALL); run !== undefined; ) {
      numbers.push(...run.bodies.map((body): number => JSON.parse(body).sequence))
      run = outbox.run(run.first + run.bodies.length, last, ALL)
    }
    await outbox.receipt({ epoch: outbox.epoch, first: 1, last })
    if (!outbox.takeover.pending) return numbers
  }
}
