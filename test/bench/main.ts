import { Command } from 'commander'
import { type Bench, isWithin, report } from './bench.ts'

/** `npm run bench -- NAME [--json]`: figures, conditions and limits; exit code 1 past a limit. */

const BENCHES: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  latency: () => import('./latency.bench.ts'),
  alerts: () => import('./alerts.bench.ts'),
  ingest: () => import('./ingest.bench.ts'),
  fuzz: () => import('./fuzz.bench.ts'),
  hub: () => import('./hub.bench.ts'),
  crash: () => import('./crash.bench.ts'),
  powercut: () => import('./powercut.bench.ts'),
  syscalls: () => import('./syscalls.bench.ts'),
  soak: () => import('./soak.bench.ts'),
  mutations: () => import('./mutations.bench.ts'),
  access: () => import('./access.bench.ts'),
  wear: () => import('./wear.bench.ts'),
  watch: () => import('./watch.bench.ts'),
  resume: () => import('./resume.bench.ts'),
  abuse: () => import('./abuse.bench.ts'),
  fatigue: () => import('./fatigue.bench.ts'),
  page: () => import('./page.bench.ts'),
}

async function main(name: string, options: { json?: true; seed?: string; secs?: string }): Promise<void> {
  const load = BENCHES[name]
  if (load === undefined) {
    console.error(`No benchmark '${name}'. Known: ${Object.keys(BENCHES).join(', ')}`)
    process.exitCode = 2
    return
  }
  const seed = Number(options.seed ?? 1)
  const { bench } = await load()
  const result = await bench({
    seed,
    ...(options.secs === undefined ? {} : { secs: Number(options.secs) }),
    onProgress: (text) => console.error(`  ... ${text}`),
  })
  const ok = result.limits.every((limit) => isWithin(result.figures, limit))
  console.log(report(name, result))
  console.log(ok ? 'within its limits' : 'PAST A LIMIT')
  if (options.json === true) console.log(JSON.stringify({ name, ok, ...result, seed }))
  process.exitCode = ok ? 0 : 1
}

await new Command('bench')
  .argument('<name>', Object.keys(BENCHES).join(', '))
  .option('--json', 'last line: one JSON object')
  .option('--seed <n>', 'seed of everything random')
  .option('--secs <n>', 'length of the measured part, where the benchmark has one')
  .action(main)
  .parseAsync()
