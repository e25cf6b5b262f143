import { spawn } from 'node:child_process'
import { writeFileSync, readFileSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { it } from 'vitest'
import { hubConfig, } from '../../simulators/scenario.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
it('trial', { timeout: 90_000 }, async () => {
  const D = '/tmp/h5e2e'
  const broker = await receiptBroker('hub-0001')
  const sim = spawn(process.execPath, ['simulators/main.ts', 'simulators/scenarios/crash.json', '--sockets', D, '--emitted', `${D}/emitted.jsonl`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready: any = await new Promise((r) => createInterface({ input: sim.stdout }).on('line', (l) => { if (l.includes('"ready"')) r(JSON.parse(l)) }))
  const h = ready.hubs.find((x: any) => x.hub === 'hub-0001')
  const scenario = JSON.parse(readFileSync('simulators/scenarios/crash.json', 'utf8'))
  const targets = Object.fromEntries(h.serial.map((s: any) => [s.device, s.target]))
  const config = hubConfig(scenario, 'hub-0001', { mqttUrl: broker.url, username: 'hub-0001', password: 'x', dataDir: `${D}/data`, serialTargets: targets } as any)
  writeFileSync(`${D}/hub.json`, JSON.stringify(config, null, 1))
  const out = openSync(`${D}/hub.log`, 'w')
  const start = () => spawn(process.execPath, ['--import', './simulators/bluetooth/register.ts', 'gateway/main.ts', 'run', '--config', `${D}/hub.json`], { stdio: ['ignore', out, out], env: { ...process.env, PRECARE_VIRTUAL_HCI: h.hciSocket } })
  let hub = start()
  const end = Date.now() + 40_000
  let kills = 0
  while (Date.now() < end) {
    await new Promise((r) => setTimeout(r, 1_200 + Math.random() * 2500))
    const done = new Promise((r) => hub.on('close', r))
    hub.kill('SIGKILL'); kills++
    await done
    hub = start()
  }
  await new Promise((r) => setTimeout(r, 20_000))
  const done = new Promise((r) => hub.on('close', (c) => r(c)))
  hub.kill('SIGTERM')
  await done
  await new Promise((r) => setTimeout(r, 200))
  sim.kill('SIGTERM')
  const readings = broker.batches().flatMap((b) => b.readings)
  const byHex = new Map<string, Set<string>>()
  for (const r of readings) { const k = r.device + r.raw[0]!.hex.toUpperCase(); byHex.set(k, (byHex.get(k) ?? new Set()).add(r.id)) }
  const emitted = readFileSync(`${D}/emitted.jsonl`, 'utf8').trim().split('\n').map((l) => JSON.parse(l)).filter((e) => h.serial.some((s: any) => s.device === e.device) || config.devices.some((d: any) => d.id === e.device))
  const lost: Record<string, number> = {}, sum: Record<string, number> = {}
  for (const e of emitted) { sum[`${e.device} ${e.delivery}`] = (sum[`${e.device} ${e.delivery}`] ?? 0) + 1; if (!byHex.has(e.device + e.hex)) lost[`${e.device} ${e.delivery}`] = (lost[`${e.device} ${e.delivery}`] ?? 0) + 1 }
  console.log({ kills, sum, lost, twice: [...byHex.values()].filter((s) => s.size > 1).length, unique: new Set(broker.ids()).size, all: broker.ids().length })
})
