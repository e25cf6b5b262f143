import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { invitationText, isFingerprint, parseInvitation, typedFingerprint } from '../../../broker/contract/enrolment.ts'
import { invite, MAX_ATTEMPTS, redeem } from '../../../broker/identity/enrolment.ts'
import { technicalEvents } from '../../../broker/identity/technical-events.ts'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { identityPlace, newRequest } from './identity-fixture.ts'

const HUB = 'hub-0001'
const SERIAL = 'sn-1234'
const REFUSED = { code: 'enrolment-refused' }

async function place() {
  const identities = await identityPlace()
  const codes = invite(identities, HUB, SERIAL)
  const use = (code: string, more: object = {}) =>
    redeem(identities, { code, serial: SERIAL, hub: HUB, request: newRequest().request, ...more })
  return { ...identities, codes, use }
}

describe('a one-time code', () => {
  test('gives the hub a certificate for 90 days under its id, whatever its request says', async () => {
    const { codes, use, authority, clock } = await place()
    const { certificate, hub } = await use(codes.code)
    const parsed = new X509Certificate(certificate)
    expect(hub).toBe(HUB)
    expect(parsed.subject).toBe(`CN=${HUB}`)
    expect(parsed.ca).toBe(false)
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(parsed.subjectAltName).toBeUndefined()
    expect(authority.signed(parsed)).toBe(true)
    const days = (parsed.validToDate.getTime() - clock.now()) / 86_400_000
    expect(days).toBeGreaterThan(89.9)
    expect(days).toBeLessThanOrEqual(90)
  })

  test('leaves the certificate in the audit, and what ended with it', async () => {
    const { codes, use, journal, ...more } = await place()
    await use(codes.code)
    const again = invite({ journal, ...more }, HUB, SERIAL)
    await use(again.code)
    const rows = journal.database.prepare('SELECT action, subject FROM audit ORDER BY position').all()
    expect(rows.map(({ action }) => action)).toEqual(['certificate.issue', 'certificate.issue', 'certificate.revoke'])
    expect(rows[0]?.['subject']).toBe(`${HUB}/${rows[2]?.['subject']}`)
  })

  test('used a hundred times at once by a hundred keys gives exactly one certificate', async () => {
    const { codes, use, certificates } = await place()
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => use(codes.code)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(REFUSED)
    expect(certificates.of(HUB)).toHaveLength(1)
  })

  test('asked with the same key again, because the answer was lost, gives the same certificate', async () => {
    const { codes, use, certificates } = await place()
    const { request } = newRequest()
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(codes.code, { request })))
    answers.push(await use(codes.typed, { request }))
    expect(new Set(answers.map(({ certificate }) => certificate)).size).toBe(1)
    expect(certificates.of(HUB)).toHaveLength(1)
  })

  test('guessed ten thousand times gives none, and locks: the right one comes too late', async () => {
    const { codes, use, certificates, journal, ...rest } = await place()
    const parts = { certificates, journal, ...rest }
    const { request } = newRequest()
    let refused = 0
    for (let i = 0; i < 10_000; i += 1) {
      const code = createHash('sha256').update(String(i)).digest('base64url').slice(0, 22)
      await redeem(parts, { code, serial: SERIAL, hub: HUB, request }).catch((error: unknown) => {
        if (isPreCareError(error, 'enrolment-refused')) refused += 1
      })
    }
    expect(refused).toBe(10_000)
    await expect(use(codes.code)).rejects.toMatchObject(REFUSED)
    await expect(use(codes.typed)).rejects.toMatchObject(REFUSED)
    expect(certificates.of(HUB)).toEqual([])
    expect(technicalEvents(journal, 10)).toMatchObject([{ kind: 'enrolment-locked', subject: HUB }])
  })

  test('may be typed wrong four times, in any case, with blanks and the letters people take for digits', async () => {
    const { codes, use } = await place()
    for (let i = 1; i < MAX_ATTEMPTS; i += 1) await expect(use('0000-0000-0000')).rejects.toMatchObject(REFUSED)
    const asWritten = codes.typed.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')
    const { hub } = await use(`${asWritten.slice(0, 4)} ${asWritten.slice(4, 8)}-${asWritten.slice(8)}`)
    expect(hub).toBe(HUB)
  })

  test('is worth nothing for another serial number, for another hub, or after half an hour', async () => {
    const { codes, use, clock, certificates } = await place()
    await expect(use(codes.code, { serial: 'sn-9999' })).rejects.toMatchObject(REFUSED)
    await expect(use(codes.code, { hub: 'hub-0002' })).rejects.toMatchObject(REFUSED)
    clock.move(30 * 60_000 + 1)
    // Who has the right code hears that it is over; who guesses hears nothing.
    await expect(use(codes.code)).rejects.toMatchObject({ code: 'code-expired' })
    await expect(use(codes.typed)).rejects.toMatchObject({ code: 'code-expired' })
    await expect(use('0000-0000-0000')).rejects.toMatchObject(REFUSED)
    expect(certificates.of()).toEqual([])
  })

  test('gives a blank hub, which does not know its id yet, the one it was made for', async () => {
    const { codes, use } = await place()
    expect(await use(codes.code, { hub: undefined })).toMatchObject({ hub: HUB })
  })

  test('ends when another is made for the same hub', async () => {
    const { codes, use, ...identities } = await place()
    const next = invite(identities, HUB, SERIAL)
    await expect(use(codes.code)).rejects.toMatchObject(REFUSED)
    expect(await use(next.code)).toMatchObject({ hub: HUB })
  })

  test('used ends every certificate that the hub had, and enables it again', async () => {
    const { codes, use, certificates, accounts, ...rest } = await place()
    await use(codes.code)
    accounts.disable(HUB)
    const next = invite({ certificates, accounts, ...rest }, HUB, SERIAL)
    expect(accounts.enabled(HUB), 'nothing changes before it is used').toBeUndefined()
    await use(next.code)
    expect(accounts.enabled(HUB)).toEqual({ role: 'hub', id: HUB })
    expect(certificates.of(HUB).map(({ revoked }) => revoked)).toEqual([undefined, 'enrolled again'])
  })

  test('is refused with a request that is none, or that another key has signed', async () => {
    const { codes, use } = await place()
    await expect(use(codes.code, { request: 'nonsense' })).rejects.toMatchObject(REFUSED)
    const text = newRequest().request
    const der = Buffer.from(text.replaceAll(/-----[^-]+-----|\n/g, ''), 'base64')
    der.writeUInt8(der.readUInt8(der.length - 5) ^ 1, der.length - 5)
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    await expect(use(codes.code, { request: forged })).rejects.toMatchObject(REFUSED)
    await expect(use(codes.code, { serial: 'x y' })).rejects.toMatchObject({ code: 'payload-malformed' })
    expect(await use(codes.code), 'and was not used up').toMatchObject({ hub: HUB })
  })

  test('is in no file as it is printed', async () => {
    const { codes, use, dataDir } = await place()
    await use(codes.code)
    const kept = ['journal.db', 'journal.db-wal'].map((name) => readFileSync(join(dataDir, name), 'latin1')).join('')
    expect(kept).not.toContain(codes.code)
    expect(kept).not.toContain(codes.typed)
    expect(kept).not.toContain('PRIVATE KEY')
  })

  test('is not made for a client, or for an id or serial number that is none', async () => {
    const { accounts, ...rest } = await place()
    await accounts.create({ role: 'client', id: 'clinic-reader', organisation: 'org-north' })
    const parts = { accounts, ...rest }
    expect(() => invite(parts, 'clinic-reader', SERIAL)).toThrow(/account of a client/)
    expect(() => invite(parts, 'Hub 1', SERIAL)).toThrow(expect.objectContaining({ code: 'id-invalid' }))
    expect(() => invite(parts, HUB, 'a b')).toThrow(/--serial/)
  })
})

describe('what a technician carries', () => {
  const fingerprint = createHash('sha256').update('x').digest('hex')

  test('survives as a text, and holds no more than an address, a code and a fingerprint', () => {
    const invitation = { origin: 'https://gateway.example:18443', code: 'A'.repeat(22), fingerprint }
    const text = invitationText(invitation)
    expect(encodeURI(text)).toBe(text)
    expect(parseInvitation(` ${text}\n`)).toEqual(invitation)
    expect(parseInvitation(text.replace('https', 'http'))).toBeUndefined()
    expect(parseInvitation(text.slice(0, -1))).toBeUndefined()
  })

  test('has a fingerprint that a person can type', () => {
    const typed = typedFingerprint(fingerprint)
    expect(typed).toHaveLength(20)
    expect(isFingerprint(typed.toLowerCase(), fingerprint)).toBe(true)
    expect(isFingerprint(fingerprint.toUpperCase(), fingerprint)).toBe(true)
    expect(isFingerprint(typed.slice(0, 16), fingerprint)).toBe(false)
    expect(isFingerprint('', fingerprint)).toBe(false)
    const other = createHash('sha256').update('y').digest('hex')
    expect(isFingerprint(typed, other)).toBe(false)
  })
})
