import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../../gateway/config.ts'
import { EXIT } from '../../gateway/exit-codes.ts'
import { startHub } from '../../gateway/hub.ts'
import { watchdog, watchdogPeriodMs } from '../../gateway/watchdog.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { manualClock } from '../support/manual-clock.ts'
import { optional } from '../support/optional.ts'
import { tempDir, until } from '../support/temp-dir.ts'

const UNIT = 'gateway/service/precare-hub.service'
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0

/** Values of a directive of the unit. */
const directive = (name: string): string[] =>
  readFileSync(UNIT, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1))

function hubProcess(env: Record<string, string>) {
  const dir = tempDir()
  const file = join(dir, 'hub.json')
  const broker = { url: 'mqtt://127.0.0.1:1', username: 'hub-0001', password: 'secret' }
  writeFileSync(file, JSON.stringify({ hub: 'hub-0001', dataDir: 'data', broker, bluetooth: { enabled: false } }))
  const child = spawn(process.execPath, [HUB_MAIN, '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, dir, ended: once(child, 'close').then(([code]) => code) }
}

describe('the unit of the hub', () => {
  it('starts it again for ever except after a wrong configuration, and waits for its word and its pings', () => {
    expect(directive('Type')).toEqual(['notify'])
    expect(directive('NotifyAccess')).toEqual(['all'])
    expect(directive('Restart')).toEqual(['always'])
    expect(directive('StartLimitIntervalSec')).toEqual(['0'])
    expect(directive('RestartPreventExitStatus')).toEqual([String(EXIT.config)])
    expect(Number(directive('WatchdogSec')[0])).toBeLessThanOrEqual(30)
    expect(directive('CapabilityBoundingSet')).toEqual(['CAP_NET_RAW CAP_NET_ADMIN'])
    expect(directive('User')).toEqual(['precare'])
    expect(directive('ProtectSystem')).toEqual(['strict'])
  })

  it('starts after the time service, and tells the hub where to see that the time was set', () => {
    expect(directive('After')[0]?.split(' ')).toContain('systemd-timesyncd.service')
    expect(directive('ExecStart')[0]).toMatch(/ --time-service \/run\/systemd\/timesync( |$)/)
  })

  it('comes with a rule that lets its user boot the machine, and nobody else, and nothing else', () => {
    type Rule = (action: { id: string }, subject: { user: string }) => string
    const rules: Rule[] = []
    const polkit = { addRule: (rule: Rule) => rules.push(rule), Result: { YES: 'yes', NOT_HANDLED: 'not-handled' } }
    runInNewContext(readFileSync('gateway/service/50-precare-hub.rules', 'utf8'), { polkit })
    const [user = ''] = directive('User')
    const answer = (id: string, asks: string) => rules.map((rule) => rule({ id }, { user: asks }))
    expect(answer('org.freedesktop.login1.reboot', user)).toEqual(['yes'])
    expect(answer('org.freedesktop.login1.reboot-multiple-sessions', user)).toEqual(['yes'])
    expect(answer('org.freedesktop.login1.power-off', user)).toEqual(['not-handled'])
    expect(answer('org.freedesktop.login1.reboot', 'somebody')).toEqual(['not-handled'])
  })

  it('knows every exit code that the README explains, and no other', () => {
    const rows = readFileSync('gateway/README.md', 'utf8').matchAll(/^\| (\d+) \|/gm)
    expect(Array.from(rows, ([, code]) => Number(code))).toEqual(Object.values(EXIT))
  })

  it('gets no ping from a hub whose disk refuses writes, and pings again when it takes them', async () => {
    const dataDir = tempDir()
    const clock = manualClock()
    const broker = { url: 'mqtt://127.0.0.1:1', username: 'hub-0001', password: 'secret' }
    let rounds = 0
    const quiet = () => undefined
    const hub = startHub({
      config: parseConfig({ hub: 'hub-0001', dataDir, broker }, { drivers: [] }, () => ''),
      drivers: [],
      clock,
      random: () => 0.5,
      randomHex: (bytes) => '5a'.repeat(bytes),
      log: { info: quiet, warn: quiet, error: quiet },
      version: '0.0.0',
      memory: () => 1,
      onRound: () => {
        rounds += 1
      },
    })
    onTestFinished(async () => {
      const stopped = hub.stop()
      for (let i = 0; i < 50; i += 1) await clock.advance(100)
      await stopped
    })
    const during = async (minutes: number): Promise<number> => {
      const before = rounds
      for (let s = 0; s < minutes * 60; s += 1) await clock.advance(1_000)
      return rounds - before
    }
    expect(await during(20)).toBeGreaterThan(1_000)
    const disk = new DatabaseSync(join(dataDir, 'outbox.db'))
    disk.exec(`CREATE TRIGGER bad BEFORE INSERT ON notes BEGIN SELECT RAISE(FAIL, 'bad block'); END`)
    await during(20)
    expect(await during(20)).toBe(0)
    disk.exec('DROP TRIGGER bad')
    disk.close()
    expect(await during(2)).toBeGreaterThan(100)
  })

  it('asks for a ping three times in its period, and for none where there is no period', () => {
    expect(watchdogPeriodMs({ WATCHDOG_USEC: '30000000' })).toBe(30_000)
    expect(watchdogPeriodMs({})).toBeUndefined()
    let now = 0
    const sent: string[] = []
    const round = watchdog((...state) => void sent.push(...state), { now: () => now }, 30_000)
    for (; now < 60_000; now += 1_000) round('fine')
    expect(sent.filter((line) => line === 'WATCHDOG=1')).toHaveLength(6)
    expect(sent).toContain('STATUS=fine')
  })
})

optional('systemd-analyze', has('systemd-analyze', '--version'))('the unit of the hub, by systemd', () => {
  it('is understood, and exposes no more than it must', () => {
    const dir = tempDir()
    const unit = join(dir, 'precare-hub.service')
    writeFileSync(unit, readFileSync(UNIT, 'utf8').replaceAll('/opt/precare/node/bin/node', process.execPath))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    expect(verified.stderr.split('\n').filter((line) => line.includes('precare-hub'))).toEqual([])
    const exposure = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=25', unit])
    expect(exposure.status).toBe(0)
  })
})

const notifies = has('systemd-notify', '--version') && has('socat', '-V')
optional('systemd-notify and socat', notifies)('the hub under a service manager', () => {
  function listener() {
    const socket = join(tempDir(), 'notify')
    // Datagrams follow each other without a newline in between.
    const heard = { text: '' }
    const child = spawn('socat', ['-u', `UNIX-RECV:${socket}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (bytes) => {
      heard.text += String(bytes)
    })
    onTestFinished(() => void child.kill())
    const ready = () => spawnSync('test', ['-S', socket]).status === 0
    return { socket, heard, ready }
  }
  const pings = (text: string) => text.split('WATCHDOG=1').length - 1

  it('is ready without a broker, pings while it works, and says that it stops', async () => {
    const { socket, heard, ready } = listener()
    await until(ready)
    const { child, ended } = hubProcess({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1500000' })
    await until(() => heard.text.includes('READY=1') && pings(heard.text) >= 2)
    expect(heard.text).toContain('STATUS=broker not reached, 0 unsent')
    child.kill('SIGTERM')
    expect(await ended).toBe(EXIT.ok)
    await until(() => heard.text.includes('STOPPING=1'))
  })
})
