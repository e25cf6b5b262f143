import { X509Certificate } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { authorityFiles, openAuthority } from '../../../broker/identity/authority.ts'
import { noteEndings } from '../../../broker/identity/endings.ts'
import { invite, redeem } from '../../../broker/identity/enrolment.ts'
import { openServerCertificate } from '../../../broker/identity/server-certificate.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { identityPlace, movableClock, newRequest } from './identity-fixture.ts'

const DAY = 24 * 3600_000

describe('the authority', () => {
  test('is made once, with a key for its owner alone, and signs no further authority', async () => {
    const folder = join(tempDir(), 'identity')
    const clock = movableClock()
    const first = await openAuthority(folder, undefined, clock)
    const again = await openAuthority(folder, undefined, clock)
    expect(again.fingerprint).toBe(first.fingerprint)
    expect(statSync(join(folder, 'ca.key')).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const certificate = new X509Certificate(first.certificate)
    expect(certificate.ca).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  })

  test.each([0o640, 0o604, 0o660])('is not opened with a key that others may read (%o)', async (mode) => {
    const folder = tempDir()
    await openAuthority(folder, undefined, movableClock())
    chmodSync(join(folder, 'ca.key'), mode)
    await expect(openAuthority(folder, undefined, movableClock())).rejects.toThrow(
      /others may use this key .*chmod 600/,
    )
  })

  test('may be given; a key of another certificate is refused', async () => {
    const [one, two] = [tempDir(), tempDir()]
    const given = await openAuthority(one, undefined, movableClock())
    await openAuthority(two, undefined, movableClock())
    const opened = await openAuthority(tempDir(), authorityFiles(one), movableClock())
    expect(opened.fingerprint).toBe(given.fingerprint)
    const mixed = { keyFile: join(one, 'ca.key'), certificateFile: join(two, 'ca.crt') }
    await expect(openAuthority(tempDir(), mixed, movableClock())).rejects.toThrow(/not the key of/)
    const absent = { keyFile: join(one, 'none'), certificateFile: join(one, 'ca.crt') }
    await expect(openAuthority(tempDir(), absent, movableClock())).rejects.toThrow(/no such key file/)
    writeFileSync(join(two, 'ca.crt'), 'nonsense')
    await expect(openAuthority(two, undefined, movableClock())).rejects.toMatchObject({ code: 'config-invalid' })
  })
})

describe("the broker's own certificate", () => {
  async function server(names: string[] = ['gateway.example', '127.0.0.1', '::1']) {
    const folder = tempDir()
    const clock = movableClock()
    const authority = await openAuthority(folder, undefined, clock)
    const open = (more: readonly string[] = names) => openServerCertificate({ folder, authority, names: more, clock })
    return { folder, clock, authority, open, opened: await open() }
  }
  const parsed = (pem: string) => new X509Certificate(pem)

  test('has the names of the configuration, serves only as a server, and comes with the authority behind it', async () => {
    const { opened, authority } = await server()
    const { cert } = opened.current()
    const certificate = parsed(cert)
    expect(certificate.checkHost('gateway.example')).toBe('gateway.example')
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.checkIP('::1')).toBe('::1')
    expect(certificate.checkHost('other.example')).toBeUndefined()
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(cert).toContain(authority.certificate)
  })

  test('is renewed when a third of its life is left, and not before; the same after a restart', async () => {
    const { opened, clock, open } = await server()
    const { cert } = opened.current()
    clock.move(59 * DAY)
    expect(await opened.tend()).toBe(false)
    expect((await open()).current().cert).toBe(cert)
    clock.move(2 * DAY)
    expect(await opened.tend()).toBe(true)
    const renewed = opened.current().cert
    expect(renewed).not.toBe(cert)
    expect(parsed(renewed).validToDate.getTime() - clock.now()).toBeGreaterThan(89 * DAY)
    expect((await open()).current().cert).toBe(renewed)
  })

  test('is made anew under other names', async () => {
    const { opened, open } = await server()
    const other = await open(['elsewhere.example'])
    expect(other.current().cert).not.toBe(opened.current().cert)
    expect(parsed(other.current().cert).checkHost('elsewhere.example')).toBe('elsewhere.example')
  })

  test('that was given is read again when it changes, and never replaced', async () => {
    const { folder, clock, authority } = await server()
    const given = { keyFile: join(folder, 'server.key'), certificateFile: join(folder, 'server.crt') }
    const opened = await openServerCertificate({ folder: tempDir(), given, authority, names: ['x.example'], clock })
    const before = readFileSync(given.certificateFile, 'utf8')
    clock.move(80 * DAY)
    expect(await opened.tend()).toBe(false)
    expect(readFileSync(given.certificateFile, 'utf8')).toBe(before)
    await openServerCertificate({ folder, authority, names: ['y.example'], clock })
    expect(await opened.tend()).toBe(true)
  })
})

test('an end that nothing renews is told 30 and 7 days before, each once', async () => {
  const { authority, certificates, journal, clock, log, lines, ...rest } = await identityPlace()
  const parts = { authority, certificates, journal, clock, ...rest }
  const { code } = invite(parts, 'hub-0001', 'sn-1')
  await redeem(parts, { code, serial: 'sn-1', hub: 'hub-0001', request: newRequest().request })
  const endsAt = clock.now() + 10_000 * DAY
  const server = { current: () => ({ key: '', cert: '' }), endsAt: () => endsAt, given: true, tend: async () => false }
  const told = () => {
    lines.length = 0
    for (let i = 0; i < 3; i += 1) noteEndings({ authority, server, certificates, journal, clock, log })
    return lines.map(({ event, account }) => `${event} ${account}`)
  }
  // 90 days of life and 180 of grace.
  clock.move(239 * DAY)
  expect(told()).toEqual([])
  clock.move(1.5 * DAY)
  expect(told()).toEqual(['certificate-ends hub-0001'])
  clock.move(22 * DAY)
  expect(told()).toEqual([])
  clock.move(1 * DAY)
  expect(told()).toEqual(['certificate-ends hub-0001'])
  clock.move(7_010 * DAY)
  expect(told().filter((line) => line.endsWith('authority'))).toEqual(['certificate-ends authority'])
  clock.move(2_700 * DAY)
  expect(told()).toContain('certificate-ends server')
})
