import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startBroker } from '../support/broker-process.ts'
import { tempDir } from '../support/temp-dir.ts'

const OBSERVER = new URL('./loaded-packages.child.ts', import.meta.url).href

test('a broker alone on one machine loads nothing for certificates, mail, an identity provider or InfluxDB', async () => {
  const dir = tempDir()
  const list = join(dir, 'packages')
  const broker = await startBroker(dir, {
    main: 'broker/main.ts',
    env: { NODE_OPTIONS: `--import ${OBSERVER}`, LOADED_PACKAGES: list },
  })
  await broker.stop()
  const loaded = readFileSync(list, 'utf8').split('\n')
  expect(loaded).toEqual(expect.arrayContaining(['fastify', 'aedes', 'zod']))
  const needless = ['@peculiar/x509', 'reflect-metadata', 'nodemailer', 'openid-client', 'jose', 'influx']
  expect(loaded.filter((name) => needless.includes(name))).toEqual([])
})
