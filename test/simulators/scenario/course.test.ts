import { describe, expect, it } from 'vitest'
import { readScenario } from '../../../simulators/scenario.ts'
import { measurementsOf, type PlannedMeasurement, type Series } from '../../../simulators/scenario-course.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'

const demo = readScenario('simulators/scenarios/demo.json')
const SEEDS = 200

/** What is measured within so many seconds. */
function within(series: Series, seed: number, seconds: number): PlannedMeasurement[] {
  const planned: PlannedMeasurement[] = []
  for (const measurement of measurementsOf(series, seed)) {
    if (measurement.atMs > seconds * 1000) break
    planned.push(measurement)
  }
  return planned
}

describe('the course of measurements', () => {
  it(`crosses the warning and then the alert limit within 25 s, with every one of ${SEEDS} seeds`, () => {
    const worse = demo.series.filter((s) => s.course?.type === 'deteriorating')
    expect(worse).toHaveLength(1)
    let checked = 0
    for (const series of worse) {
      const citizen = demo.registry.assignments.find((a) => a.device === series.device)?.citizen
      const limit = demo.registry.limits.find((l) => l.citizen === citizen && l.quantity === 'oxygenSaturation')
      const warning = limit?.warningLow ?? 0
      const alert = limit?.alertLow ?? 0
      expect([warning, alert]).toEqual([90, 86])
      for (let seed = 0; seed < SEEDS; seed++) {
        const spo2 = within(series, seed, 25).map((m) => m.values['oxygenSaturation'] ?? 0)
        const yellow = spo2.findIndex((v) => v < warning)
        const red = spo2.findIndex((v) => v < alert)
        expect(spo2[0]).toBeGreaterThanOrEqual(warning)
        expect(yellow).toBeGreaterThan(0)
        expect(red).toBeGreaterThan(yellow)
        expect(spo2.filter((v) => v < alert).length).toBeGreaterThanOrEqual(3)
        expect(spo2.slice(red).every((v) => v < warning)).toBe(true)
        checked++
      }
    }
    expect(checked).toBe(SEEDS)
  })

  it('keeps everybody else of the demo within their limits, for ten minutes, with every seed', () => {
    let compared = 0
    for (const series of demo.series.filter((s) => s.course === undefined)) {
      const limits = demo.registry.assignments
        .filter((a) => a.device === series.device && (a.slot === undefined || a.slot === series.slot))
        .flatMap((a) => demo.registry.limits.filter((l) => l.citizen === a.citizen))
      for (let seed = 0; seed < SEEDS; seed++) {
        for (const { values } of within(series, seed, 600)) {
          for (const { quantity, warningLow = -1, warningHigh = 1000 } of limits) {
            const value = values[quantity]
            if (value === undefined) continue
            compared++
            if (value < warningLow || value > warningHigh) throw new Error(`${series.device}: ${quantity} ${value}`)
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(50_000)
  })

  it('has everybody measured within 6 s, with every seed', () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const measured = new Set(
        demo.series
          .filter((s) => within(s, seed, 3).length > 0)
          .flatMap((s) =>
            demo.registry.assignments
              .filter((a) => a.device === s.device && (a.slot === undefined || a.slot === s.slot))
              .map((a) => a.citizen),
          ),
      )
      expect(measured.size).toBe(4)
    }
  })

  it('is the same with the same seed, another with another, and its own for each device', () => {
    const [series] = demo.series
    if (!series) throw new TypeError('the demo has no series')
    const run = (seed: number, device = series.device) => JSON.stringify(within({ ...series, device }, seed, 60))
    expect(run(1)).toBe(run(1))
    expect(run(1)).not.toBe(run(2))
    expect(run(1)).not.toBe(run(1, 'oximeter-0099'))
  })

  it('ends after its count and keeps to its interval', () => {
    const series = { device: 'scale-0001', firstAtS: 2, everyS: [3, 4], count: 5, baseline: { weight: 80.06 } } as const
    const all = [...measurementsOf(series, 1)]
    expect(all).toHaveLength(5)
    expect(all[0]).toEqual({ atMs: 2000, values: { weight: 80.1 } })
    const gaps = all.slice(1).map((m, i) => m.atMs - (all[i]?.atMs ?? 0))
    expect(gaps.every((gap) => gap >= 3000 && gap <= 4000)).toBe(true)
  })

  it('draws its numbers evenly', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(seed)
      const drawn = Array.from({ length: 2_000 }, random)
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...drawn)).toBeLessThan(1)
      expect(Math.abs(drawn.reduce((a, b) => a + b) / drawn.length - 0.5)).toBeLessThan(0.05)
    }
  })
})
