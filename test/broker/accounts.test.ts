import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Accounts } from '../../broker/accounts.ts'
import type { BrokerClock } from '../../broker/broker-clock.ts'
import { hashPassword, passwordMatches, randomPassword } from '../../broker/secret.ts'
import { openJournal } from '../../broker/store/journal.ts'
import { MIGRATIONS } from '../../broker/store/migrations.ts'
import { CHEAP } from '../support/cheap-passwords.ts'

let db: DatabaseSync
let accounts: Accounts
let time = 0
const clock: BrokerClock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => time, sleep: async () => undefined }
const HUB = { role: 'hub', id: 'hub-a' } as const
const CLIENT = { role: 'client', id: 'reader', organisation: 'org-north' } as const

beforeEach(() => {
  db = new DatabaseSync(':memory:')
  for (const sql of MIGRATIONS) db.exec(sql)
  accounts = new Accounts(db, clock, { passwordCost: CHEAP })
})
afterEach(() => db.close())

describe('a secret', () => {
  test('is salted, says its cost, and does not hold the password', async () => {
    const password = randomPassword()
    const [one, two] = await Promise.all([hashPassword(password), hashPassword(password)])
    expect(one).not.toBe(two)
    expect(one).toMatch(/^scrypt\$15\$[\w-]{22}\$[\w-]{43}$/)
    expect(one).not.toContain(password)
    expect(await passwordMatches(password, one)).toBe(true)
    expect(await passwordMatches(`${password}x`, one)).toBe(false)
  })

  test('is verified at the cost that it names, so that a dearer one may come and lock nobody out', async () => {
    for (const log2n of [4, 16]) {
      const secret = await hashPassword('a password', log2n)
      expect(secret).toMatch(`scrypt$${log2n}$`)
      expect(await passwordMatches('a password', secret)).toBe(true)
      expect(await passwordMatches('a passwort', secret)).toBe(false)
      expect(await passwordMatches('a password', secret.replace(`$${log2n}$`, '$5$'))).toBe(false)
    }
  })

  test('of a cost that would take the memory of the broker is not tried', async () => {
    const secret = await hashPassword('a password', 4)
    for (const cost of ['18', '31', '0', '-1', '4.5', 'x', '']) {
      expect(await passwordMatches('a password', secret.replace('$4$', `$${cost}$`))).toBe(false)
    }
  })

  test('that is damaged or of another scheme matches nothing', async () => {
    for (const secret of ['', 'scrypt$15$$', 'plain$secret', 'scrypt$1$AAAA$AAAA']) {
      expect(await passwordMatches('', secret)).toBe(false)
    }
  })

  test('is made of 160 random bits', () => {
    const many = new Set(Array.from({ length: 1_000 }, randomPassword))
    expect(many.size).toBe(1_000)
    for (const password of many) expect(Buffer.from(password, 'base64url')).toHaveLength(20)
  })
})

describe('accounts', () => {
  test('know who it is by the right password only', async () => {
    const [hub, client] = [await accounts.create(HUB), await accounts.create(CLIENT)]
    expect(await accounts.verify('hub-a', hub)).toEqual(HUB)
    expect(await accounts.verify('reader', client)).toEqual(CLIENT)
    expect(await accounts.verify('hub-a', client)).toBe('refused')
    expect(await accounts.verify('hub-b', hub)).toBe('refused')
    for (const id of ['', '../x', 'HUB-A', '__proto__', "' OR 1=1 --"]) {
      expect(await accounts.verify(id, hub)).toBe('refused')
    }
  })

  test('are made once, with ids that fit a topic', async () => {
    await accounts.create(HUB)
    await expect(accounts.create(HUB)).rejects.toMatchObject({ code: 'config-invalid' })
    await expect(accounts.create({ role: 'hub', id: 'a/b+#' })).rejects.toMatchObject({ code: 'id-invalid' })
    await expect(accounts.create({ ...CLIENT, organisation: '#' })).rejects.toMatchObject({ code: 'id-invalid' })
  })

  test('a reset or a disabled account ends the old password at once, also a remembered one', async () => {
    const old = await accounts.create(HUB)
    expect(await accounts.verify('hub-a', old)).toEqual(HUB)
    const stamp = accounts.stamp('hub-a')
    const fresh = await accounts.reset('hub-a')
    expect(await accounts.verify('hub-a', old)).toBe('refused')
    expect(await accounts.verify('hub-a', fresh)).toEqual(HUB)
    expect(accounts.stamp('hub-a')).not.toBe(stamp)
    accounts.disable('hub-a')
    expect(await accounts.verify('hub-a', fresh)).toBe('refused')
    expect(accounts.stamp('hub-a')).toBeUndefined()
    await expect(accounts.reset('hub-x')).rejects.toMatchObject({ code: 'config-invalid' })
  })

  test('a hub that was verified is known for 15 minutes without another scrypt', async () => {
    accounts = new Accounts(db, clock, { maxWaiting: 2 })
    const password = await accounts.create(HUB)
    await accounts.verify('hub-a', password)
    // Two that are being verified and two that wait: whoever needs a scrypt now is turned away.
    const storm = Array.from({ length: 4 }, (_, i) => accounts.verify(`stranger-${i}`, 'x'))
    expect(await accounts.verify('hub-a', 'wrong')).toBe('busy')
    expect(await accounts.verify('hub-a', password)).toEqual(HUB)
    time += 15 * 60_000
    expect(await accounts.verify('hub-a', password)).toBe('busy')
    expect(await Promise.all(storm)).toEqual(['refused', 'refused', 'refused', 'refused'])
    expect(await accounts.verify('hub-a', password)).toEqual(HUB)
  })

  test('that another process changed are noticed, own changes are not', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'precare-accounts-'))
    const [ours, theirs] = [openJournal(join(dir, 'journal.db')), openJournal(join(dir, 'journal.db'))]
    const own = new Accounts(ours.database, clock)
    expect(own.changedElsewhere()).toBe(false)
    await own.create(HUB)
    expect(own.changedElsewhere()).toBe(false)
    await new Accounts(theirs.database, clock).reset(HUB.id)
    expect(own.changedElsewhere()).toBe(true)
    expect(own.changedElsewhere()).toBe(false)
    ours.close()
    theirs.close()
    rmSync(dir, { recursive: true, force: true })
  })

  test('no password is in the database', async () => {
    accounts = new Accounts(db, clock)
    const password = await accounts.create(HUB)
    await accounts.verify('hub-a', password)
    const rows = JSON.stringify(db.prepare('SELECT * FROM accounts').all())
    expect(rows).toContain('scrypt$15$')
    expect(rows).not.toContain(password)
  })
})
