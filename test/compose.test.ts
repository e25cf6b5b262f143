import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { optional } from './support/optional.ts'

/** The compose file as `docker-compose config` understands it. No engine is needed, and none is used. */

const PASSWORDS = { INFLUX_PASSWORD: 'one', INFLUX_ADMIN_PASSWORD: 'two' }

function config(env: Record<string, string>, flags: readonly string[] = []) {
  const { PATH = '' } = process.env
  return spawnSync('docker-compose', [...flags, 'config'], { encoding: 'utf8', env: { PATH, ...env } })
}

const installed = spawnSync('docker-compose', ['--version']).error === undefined

optional('docker-compose', installed)('the compose file', () => {
  test('is valid, and publishes nothing beyond 127.0.0.1', () => {
    const run = config(PASSWORDS, ['--profile', 'demo'])
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    for (const service of ['broker:', 'influxdb:', 'grafana:', 'homes:']) expect(run.stdout).toContain(service)
    const published = run.stdout.match(/- 127\.0\.0\.1:\d+:\d+\/tcp/g) ?? []
    const ports = run.stdout.match(/:\d+\/tcp/g) ?? []
    expect(published).toHaveLength(4)
    expect(ports, 'no other port').toHaveLength(4)
    expect(run.stdout, 'plain MQTT is published nowhere').not.toContain(':1883/tcp')
    expect(run.stdout.match(/healthcheck:/g)).toHaveLength(2)
    for (const volume of ['broker-data: {}', 'influx-data: {}', 'demo-data: {}']) expect(run.stdout).toContain(volume)
  })

  test('starts without no password of the database', () => {
    const run = config({ INFLUX_ADMIN_PASSWORD: 'two' })
    expect(run.status).not.toBe(0)
    expect(run.stderr).toContain('INFLUX_PASSWORD')
  })
})

test('the image runs as a user without rights and holds built JavaScript', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const [, image = ''] = dockerfile.split(/^FROM .*$/m).slice(1)
  expect(image).toMatch(/^USER node$/m)
  expect(image).toMatch(/^CMD \["dist\/broker\/main.js"/m)
})
