import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { parseInvitation } from '../../../broker/contract/enrolment.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { certificateRequest, newKey } from '../../../gateway/identity/certificate-request.ts'
import { enrol } from '../../../gateway/identity/enrol.ts'
import { readIdentity } from '../../../gateway/identity/slots.ts'
import { inviteHub, startBroker } from '../../support/broker-process.ts'
import { BROKER_MAIN } from '../../support/mains.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { closed } from '../mqtt-fixture.ts'

/** Identities as an operator has them: the real process, and the command line beside it. */

const HUB = 'hub-0001'

function command(...args: string[]) {
  return spawnSync(process.execPath, [BROKER_MAIN, ...args], { encoding: 'utf8' })
}

test('a hub revoked by the command line is cut within a second, hears nothing more, and may be enrolled again', async () => {
  const dataDir = tempDir()
  const broker = await startBroker(dataDir, { tlsPort: 0 })
  onTestFinished(() => broker.stop(true))
  const folder = join(tempDir(), 'identity')
  const enrolHub = async () => {
    const invitation = parseInvitation(inviteHub(dataDir, HUB, 'sn-1', broker.enrolUrl).invitation)
    if (invitation === undefined) throw new Error('no invitation')
    await enrol({ ...invitation, hub: HUB, serial: 'sn-1', folder }, createHubClock())
  }
  const connect = async () => {
    const {
      key,
      certificate: cert,
      authority: ca,
    } = readIdentity(folder) ?? { key: '', certificate: '', authority: '' }
    const client = await mqtt.connectAsync(broker.tlsUrl, { clientId: HUB, key, cert, ca, reconnectPeriod: 0 })
    client.on('error', () => undefined)
    onTestFinished(() => void client.end(true))
    return client
  }
  await enrolHub()
  const hub = await connect()
  let cutAt = Number.NaN
  const gone = closed(hub).then(() => {
    cutAt = performance.now()
  })
  const dry = command('revoke', '--hub', HUB, '--data', dataDir, '--dry-run')
  expect(JSON.parse(dry.stdout).wouldRevoke).toHaveLength(1)
  expect(hub.connected).toBe(true)
  const revoked = command('revoke', '--hub', HUB, '--data', dataDir)
  const since = performance.now()
  expect(JSON.parse(revoked.stdout)).toMatchObject({
    revoked: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    disabled: HUB,
  })
  await gone
  expect(cutAt - since).toBeLessThan(1_000)
  await expect(connect()).rejects.toMatchObject({ code: 5 })
  await enrolHub()
  expect((await connect()).connected).toBe(true)
  const listed = JSON.parse(command('certificates', '--account', HUB, '--data', dataDir).stdout)
  expect(listed.map(({ revoked: why }: { revoked?: string }) => why)).toEqual([undefined, 'by command'])
  expect(JSON.parse(command('events', '--data', dataDir).stdout)).toEqual([])
})

test('a key that others may read ends the start with 78, and says what to do', () => {
  const dataDir = tempDir()
  const made = JSON.parse(command('ca', 'init', '--data', dataDir).stdout)
  expect(made).toMatchObject({
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    typed: expect.stringMatching(/^\w{4}(-\w{4}){4}$/),
  })
  expect(JSON.parse(command('ca', 'init', '--data', dataDir).stdout)).toEqual(made)
  chmodSync(join(dataDir, 'identity', 'ca.key'), 0o644)
  const run = command(
    'run',
    '--data',
    dataDir,
    '--mqtt-port',
    '0',
    '--http-port',
    '0',
    '--tls-port',
    '0',
    '--enrol-port',
    '0',
  )
  expect(run.status).toBe(78)
  expect(JSON.parse(run.stderr).reason).toMatch(/ca\.key: others may use this key .*chmod 600/)
})

test('a client gets a certificate for its request, and nobody else does', () => {
  const dataDir = tempDir()
  const registry = {
    organisations: [{ id: 'org-north', title: 'North' }],
    clients: [{ id: 'reader', organisation: 'org-north' }],
  }
  writeFileSync(join(dataDir, 'registry.json'), JSON.stringify(registry))
  expect(command('provision', join(dataDir, 'registry.json'), '--data', dataDir).status).toBe(0)
  const request = join(dataDir, 'reader.csr')
  writeFileSync(request, certificateRequest(newKey()))
  const issued = command('certificate', '--client', 'reader', '--request', request, '--data', dataDir)
  expect(issued.stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  const refused = command('certificate', '--client', 'nobody', '--request', request, '--data', dataDir)
  expect([refused.status, JSON.parse(refused.stderr).code]).toEqual([78, 'config-invalid'])
})

test('the code is printed for a person with all that is needed, and a running broker keeps no secret in its log', async () => {
  const dataDir = tempDir()
  const { stdout, status } = command('enrol', '--hub', HUB, '--serial', 'sn-1', '--data', dataDir)
  expect(status).toBe(0)
  expect(stdout).toMatch(/▀|█/)
  expect(stdout).toMatch(/hub enrol --config FILE --code 'https:\/\/localhost:18443\/#[\w-]{22}\.[\w-]{43}'/)
  expect(stdout).toMatch(/--code \w{4}-\w{4}-\w{4} \\\n\s+--fingerprint \w{4}(-\w{4}){4}/)
  expect(existsSync(join(dataDir, 'identity', 'enrolment.key'))).toBe(true)
  expect(readFileSync(join(dataDir, 'identity', 'enrolment.key'), 'utf8')).toHaveLength(43)
  expect(command('enrol', '--hub', HUB, '--serial', 'a b', '--data', dataDir).stderr).toContain('--serial')
  expect(command('revoke', '--data', dataDir).stderr).toContain('write either --hub or --fingerprint')
})
