import { join } from 'node:path'
import mqtt from 'mqtt'
import { onTestFinished } from 'vitest'
import { type Codes, invite } from '../../../broker/identity/enrolment.ts'
import { openEnrolmentHttp } from '../../../broker/identity/enrolment-http.ts'
import { openMqttBroker } from '../../../broker/mqtt-broker.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { enrol } from '../../../gateway/identity/enrol.ts'
import { readIdentity, type WriteFile } from '../../../gateway/identity/slots.ts'
import { type IdentityPlace, identityPlace } from '../../broker/identity/identity-fixture.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** The broker's side of enrolment and MQTT on real sockets, and a hub's folder for its identity. */

export const HUB = 'hub-0001'
export const SERIAL = 'sn-1234'

export interface EnrolmentPlace extends IdentityPlace {
  readonly origin: string
  readonly tlsUrl: string
  /** The hub's own; `folder` is the broker's. */
  readonly home: string
  readonly hubClock: ReturnType<typeof createHubClock>
  invite(): Codes
  enrol(code: string, options?: { readonly write?: WriteFile; readonly fingerprint?: string }): Promise<void>
  /** Connects with what the hub would show now; rejects when refused. */
  connect(shown?: { readonly key: string; readonly certificate: string }): Promise<void>
}

export async function enrolmentPlace(): Promise<EnrolmentPlace> {
  const identities = await identityPlace()
  const { accounts, certificates, authority, clock, log, journal, key } = identities
  const tls = { host: '127.0.0.1', port: 0, identity: identities.tls() }
  const broker = await openMqttBroker({
    host: '127.0.0.1',
    port: 0,
    tls,
    accounts,
    certificates,
    clock,
    log,
    accept: async () => undefined,
  })
  onTestFinished(() => broker.close())
  const tlsUrl = broker.tlsUrl ?? ''
  const http = await openEnrolmentHttp({
    ...tls,
    ...{ authority, certificates, accounts, journal, clock, log, key },
    mqttUrl: () => tlsUrl,
  })
  onTestFinished(() => http.close())
  const home = join(tempDir(), 'identity')
  const hubClock = createHubClock()
  return {
    ...identities,
    origin: http.url,
    tlsUrl,
    home,
    hubClock,
    invite: () => invite(identities, HUB, SERIAL),
    async enrol(code, { write, fingerprint = authority.fingerprint } = {}) {
      await enrol({ origin: http.url, code, fingerprint, hub: HUB, serial: SERIAL, folder: home }, hubClock, write)
    },
    async connect(shown = readIdentity(home)) {
      if (shown === undefined) throw new Error('the hub has no certificate')
      const { key, certificate: cert } = shown
      const client = await mqtt.connectAsync(tlsUrl, {
        ...{ clientId: HUB, ca: authority.certificate, key, cert, reconnectPeriod: 0 },
      })
      await client.endAsync(true)
    },
  }
}
