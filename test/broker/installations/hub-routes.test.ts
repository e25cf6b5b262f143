import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CommissioningReport } from '../../../broker/contract/installation.ts'
import { invite, redeem } from '../../../broker/identity/enrolment.ts'
import { openEnrolmentHttp } from '../../../broker/identity/enrolment-http.ts'
import { addHubRoutes } from '../../../broker/installations/hub-routes.ts'
import { openInstallations } from '../../../broker/installations/installations.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { enrol } from '../../../gateway/identity/enrol.ts'
import { type HubIdentity, readIdentity } from '../../../gateway/identity/slots.ts'
import { openOffice } from '../../../gateway/visit/office.ts'
import { signText } from '../../../gateway/visit/report.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { identityPlace, newRequest } from '../identity/identity-fixture.ts'

/** The hub's own code against the broker's, over TLS. */

const HUB = 'hub-0001'
const WISH = { installation: 'inst-0001', hub: HUB, citizen: 'citizen-0001', devices: [] }
const REPORT: CommissioningReport = {
  visit: 'visit-0001',
  installation: 'inst-0001',
  hub: HUB,
  revision: 1,
  startedAt: '2026-01-01T10:00:00.000Z',
  finishedAt: '2026-01-01T10:30:00.000Z',
  software: '0.0.0',
  uplinkMs: 0,
  devices: [],
  skipped: [],
}

async function place() {
  const identities = await identityPlace()
  const { accounts, certificates, authority, clock, log, journal, key } = identities
  const now = () => new Date(clock.now()).toISOString()
  const installations = openInstallations({ journal, audit: () => undefined, now })
  installations.register(WISH, 'nurse-1')
  const http = await openEnrolmentHttp({
    ...{ host: '127.0.0.1', port: 0, identity: identities.tls() },
    ...{ authority, certificates, accounts, journal, clock, log, key },
    mqttUrl: () => 'mqtts://127.0.0.1:1',
    routes: (app) => {
      const isHub = (account: string) => accounts.enabled(account)?.role === 'hub'
      addHubRoutes(app, { installations, certificates, isHub, log })
    },
  })
  onTestFinished(() => http.close())
  const folder = join(tempDir(), 'identity')
  const hubClock = createHubClock()
  const { code } = invite(identities, HUB, 'sn-1')
  await enrol({ origin: http.url, code, fingerprint: authority.fingerprint, serial: 'sn-1', folder }, hubClock)
  const identity = readIdentity(folder)
  if (identity === undefined) throw new Error('not enrolled')
  const office = (shown: Partial<HubIdentity> = {}) => openOffice(() => ({ ...identity, ...shown }), hubClock)
  return { ...identities, installations, identity, office }
}

const within = () => AbortSignal.timeout(10_000)
const DENIED = { code: 'access-denied' }

test('a hub gets its installation and leaves its report, proven by one certificate', async () => {
  const { office, identity, installations } = await place()
  expect(await office().installation(within())).toMatchObject({ installation: 'inst-0001', revision: 1, devices: [] })
  await office().deliver(signText(JSON.stringify(REPORT), createPrivateKey(identity.key)), within())
  expect(installations.state('inst-0001')?.state).toBe('commissioned')
})

test('a report signed with another key than that of the connection is refused', async () => {
  const { office, installations } = await place()
  const foreign = signText(JSON.stringify(REPORT), createPrivateKey(newRequest().key))
  await expect(office().deliver(foreign, within())).rejects.toMatchObject(DENIED)
  expect(installations.state('inst-0001')?.state).toBe('registered')
})

test('nobody gets in with no certificate, a revoked one, that of another hub, or of one put out of service', async () => {
  const { office, accounts, certificates, authority, identity, ...rest } = await place()
  const bare = { ...identity, key: undefined, certificate: undefined }
  await expect(office(bare as unknown as HubIdentity).installation(within())).rejects.toMatchObject(DENIED)

  const { request, key } = newRequest()
  const parts = { accounts, certificates, authority, ...rest }
  const { code } = invite(parts, 'hub-0002', 'sn-2')
  const other = await redeem(parts, { code, serial: 'sn-2', request })
  // It is a hub, and nothing is registered for it: not another's installation.
  const shown = { key, certificate: other.certificate }
  await expect(office(shown).installation(within())).rejects.toMatchObject(DENIED)

  accounts.disable(HUB)
  await expect(office().installation(within())).rejects.toMatchObject(DENIED)
  accounts.admitHub(HUB)
  expect(await office().installation(within())).toMatchObject({ hub: HUB })
  certificates.revokeAll(HUB, 'stolen')
  await expect(office().installation(within())).rejects.toMatchObject(DENIED)
})
