import { parentPort, workerData } from 'node:worker_threads'
import { DECODERS } from '../../device-drivers/decode/decoders.ts'
import { isPreCareError } from '../../device-drivers/errors.ts'
import { seeded } from '../support/random.ts'
import { corpusOf, inputOf } from './fuzz-inputs.ts'

/** Fuzzes the decoders it is given, one after the other, and reports each. */

export interface FuzzTask {
  readonly keys: readonly string[]
  readonly inputs: number
  readonly seed: number
}

export interface FuzzReport {
  readonly key: string
  readonly inputs: number
  readonly refused: number
  /** Thrown and not the typed error: the first few, with the bytes. */
  readonly uncaught: readonly string[]
  /** Decoding time of the slowest input, ms: the least of several tries, so that the machine's own pauses don't count. */
  readonly slowestMs: number
  readonly heapGrowthMb: number
}

const TRIES_OF_A_SLOW_ONE = 5
/** Below this a single measurement decides; above it the input is tried again. */
const SUSPICIOUS_MS = 0.5
const WARM_UP = 50_000

function fuzz(key: string, inputs: number, seed: number): FuzzReport {
  const decode = DECODERS[key]
  if (decode === undefined) throw new Error(`no decoder ${key}`)
  const characteristic = key.slice(key.lastIndexOf(' ') + 1)
  const corpus = corpusOf(key)
  const random = seeded(seed)
  const uncaught: string[] = []
  let refused = 0
  let slowestMs = 0
  let heapAtStart = 0
  const run = (bytes: Uint8Array): number => {
    const start = performance.now()
    try {
      decode(bytes, characteristic)
    } catch (error) {
      if (isPreCareError(error)) refused++
      else if (uncaught.length < 3) uncaught.push(`${String(error)} for ${Buffer.from(bytes).toString('hex')}`)
    }
    return performance.now() - start
  }
  for (let n = 0; n < inputs; n++) {
    if (n === WARM_UP) {
      globalThis.gc?.()
      heapAtStart = process.memoryUsage().heapUsed
    }
    const bytes = inputOf(n, corpus, random)
    let ms = run(bytes)
    for (let again = 1; ms > SUSPICIOUS_MS && again < TRIES_OF_A_SLOW_ONE; again++) ms = Math.min(ms, run(bytes))
    if (ms > slowestMs) slowestMs = ms
  }
  globalThis.gc?.()
  const heapGrowthMb = (process.memoryUsage().heapUsed - heapAtStart) / 2 ** 20
  return { key, inputs, refused, uncaught, slowestMs, heapGrowthMb }
}

const { keys, inputs, seed } = workerData as FuzzTask
for (const key of keys) parentPort?.postMessage(fuzz(key, inputs, seed))
