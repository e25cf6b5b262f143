import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { createLine, type LineFaults } from '../../../simulators/serial/line.ts'
import { ManualTime } from '../../../simulators/time.ts'

function aLine(faults: LineFaults, seed = 1) {
  const time = new ManualTime()
  const chunks: number[][] = []
  let cuts = 0
  const line = createLine(
    faults,
    { time, random: seededRandom(seed) },
    (bytes) => chunks.push([...bytes]),
    () => cuts++,
  )
  return { line, time, chunks, cuts: () => cuts, send: (...bytes: number[]) => line.send(Uint8Array.from(bytes)) }
}

describe('a serial line', () => {
  it('hands bytes over at once when nothing is wrong with it', () => {
    const { send, chunks } = aLine({})
    send(1, 2)
    send(3)
    expect(chunks).toEqual([[1, 2], [3]])
  })

  it('splits into pieces and merges into one', () => {
    const split = aLine({ splitBytes: 2 })
    split.send(1, 2, 3)
    split.send(4, 5)
    split.time.advance(1_000)
    expect(split.chunks).toEqual([[1, 2], [3, 4], [5]])
    const merged = aLine({ mergeMs: 50 })
    merged.send(1, 2)
    merged.send(3)
    merged.time.advance(49)
    expect(merged.chunks).toEqual([])
    merged.time.advance(1)
    expect(merged.chunks).toEqual([[1, 2, 3]])
  })

  it('loses and reorders no byte, however it splits and merges', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 20 }),
        fc.record(
          { splitBytes: fc.integer({ min: 1, max: 7 }), mergeMs: fc.integer({ min: 1, max: 40 }) },
          { requiredKeys: [] },
        ),
        (sent, faults) => {
          const { line, time, chunks } = aLine(faults)
          for (const bytes of sent) {
            line.send(bytes)
            time.advance(10)
          }
          time.advance(100_000)
          expect(chunks.flat()).toEqual(sent.flatMap((bytes) => [...bytes]))
        },
      ),
      { seed: 7 },
    )
  })

  it('garbles one bit of a byte now and then, the same ones with the same seed', () => {
    const run = () => {
      const { line, chunks } = aLine({ garble: 0.05 }, 3)
      line.send(new Uint8Array(1_000))
      return chunks.flat()
    }
    const changed = run().filter((byte) => byte !== 0)
    expect(changed.length).toBeGreaterThan(20)
    expect(changed.length).toBeLessThan(100)
    expect(changed.every((byte) => (byte & (byte - 1)) === 0)).toBe(true)
    expect(run()).toEqual(run())
  })

  it('is cut in the middle of a chunk and hands over nothing after it', () => {
    const { send, chunks, cuts } = aLine({ cutAfterBytes: 4 })
    send(1, 2, 3)
    send(4, 5, 6)
    send(7)
    expect(chunks).toEqual([[1, 2, 3], [4]])
    expect(cuts()).toBe(1)
  })

  it('forgets what it held when it is closed', () => {
    const { line, send, time, chunks } = aLine({ mergeMs: 10 })
    send(1)
    line.close()
    time.advance(100)
    expect(chunks).toEqual([])
  })
})
