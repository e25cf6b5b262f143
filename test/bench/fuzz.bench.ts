import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { DECODERS } from '../../device-drivers/decode/decoders.ts'
import type { Bench } from './bench.ts'
import type { FuzzReport, FuzzTask } from './fuzz-worker.ts'

/** Every decoder against hostile bytes: nothing thrown but the typed error, nothing slow, memory flat. */

const INPUTS = 1_000_000

function work(task: FuzzTask, onReport: (report: FuzzReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData: task })
    worker.on('message', onReport)
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}

export const bench: Bench = async ({ seed, onProgress }) => {
  // So that a worker can collect its garbage before it is weighed.
  setFlagsFromString('--expose-gc')
  const keys = Object.keys(DECODERS)
  const workers = availableParallelism()
  const reports: FuzzReport[] = []
  await Promise.all(
    Array.from({ length: workers }, (_, w) =>
      work({ keys: keys.filter((_, i) => i % workers === w), inputs: INPUTS, seed }, (report) => {
        reports.push(report)
        onProgress(`${reports.length}/${keys.length} ${report.key}: ${report.refused} refused`)
        for (const line of report.uncaught) onProgress(`UNCAUGHT ${report.key}: ${line}`)
      }),
    ),
  )
  const slowest = reports.toSorted((a, b) => b.slowestMs - a.slowestMs)[0]
  return {
    figures: {
      decoders: reports.length,
      fewestInputs: Math.min(...reports.map((r) => r.inputs)),
      uncaught: reports.reduce((sum, r) => sum + r.uncaught.length, 0),
      slowestMs: slowest?.slowestMs ?? Number.NaN,
      heapGrowthMb: Math.max(...reports.map((r) => r.heapGrowthMb)),
    },
    limits: [
      { figure: 'decoders', atLeast: keys.length },
      { figure: 'fewestInputs', atLeast: INPUTS },
      { figure: 'uncaught', atMost: 0 },
      { figure: 'slowestMs', atMost: 5 },
      { figure: 'heapGrowthMb', atMost: 20 },
    ],
    conditions: { inputsPerDecoder: INPUTS, workers, slowest: slowest?.key ?? '', node: process.version },
  }
}
