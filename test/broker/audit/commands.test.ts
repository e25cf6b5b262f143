import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, expect, test } from 'vitest'
import { anchorPath, dropAnchor } from '../../../broker/audit/anchor.ts'
import { addAuditCommands } from '../../../broker/audit/commands.ts'
import type { AuditVerdict } from '../../../broker/audit/verify.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { journalPath, provision } from '../../../broker/provision.ts'
import { addRightsCommands } from '../../../broker/rights/commands.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { at, DOCUMENT, message, NOW, openCore, reading } from '../core-fixture.ts'

afterEach(() => {
  process.exitCode = undefined
})

/** The commands as `broker/main.ts` has them, on a data folder. */
function commandLine(dataDir: string) {
  const clock = { ...systemClock, now: () => NOW }
  return async (...words: string[]) => {
    const printed: unknown[] = []
    const lines: string[] = []
    const program = new Command('broker').exitOverride()
    const account = program.command('account')
    addRightsCommands(program, account, clock, (value) => printed.push(value))
    addAuditCommands(
      program,
      clock,
      (line) => lines.push(line),
      (value) => printed.push(value),
    )
    for (const command of program.commands) for (const inner of command.commands) inner.exitOverride()
    await program.parseAsync([...words, '--data', dataDir], { from: 'user' })
    return { lines, printed, exitCode: process.exitCode }
  }
}

async function withReadings(): Promise<string> {
  const dataDir = tempDir()
  const core = openCore(journalPath(dataDir), {
    ...DOCUMENT,
    assignments: [...DOCUMENT.assignments, { device: 'scale-0001', citizen: 'citizen-2', from: at(-9000) }],
    grants: [...DOCUMENT.grants, { organisation: 'clinic', citizen: 'citizen-2', from: at(-9000), purpose: 'care' }],
  })
  for (let n = 0; n < 4; n++) {
    const weight = n === 3 ? { device: 'scale-0001', kind: 'weight' as const } : {}
    await core.send('hub-0001', message(2 * n + 1, [reading(`a${n}`), reading(`b${n}`, weight)]))
  }
  core.ingest.close()
  core.journal.close()
  return dataDir
}

test('audit verify says how many rows are sound, and names what is not', async () => {
  const dataDir = await withReadings()
  const run = commandLine(dataDir)
  const sound = await run('audit', 'verify')
  expect(sound).toMatchObject({ printed: [{ rows: 4, problems: [] }], exitCode: undefined })
  const journal = openJournal(journalPath(dataDir))
  dropAnchor(journal, anchorPath(dataDir), NOW)
  journal.database.exec('DROP TRIGGER audit_stays; DELETE FROM audit WHERE position IN (2, 4)')
  journal.close()
  const { printed, exitCode } = await run('audit', 'verify')
  expect((printed[0] as AuditVerdict).problems).toEqual([
    { position: 2, problem: 'missing' },
    { position: 4, problem: 'truncated' },
  ])
  expect(exitCode).toBe(1)
})

test("audit extract shows a citizen's own deliveries and who looked, in both languages, and is seen itself", async () => {
  const dataDir = await withReadings()
  const run = commandLine(dataDir)
  const { lines } = await run('audit', 'extract', '--citizen', 'citizen-2', '--by', 'officer-1')
  expect(lines).toEqual([`${at(0)}  |  målinger sendt til / readings sent to The clinic  |  feed  |  antal / count 1`])
  const other = await run('audit', 'extract', '--citizen', 'citizen-1', '--json')
  expect(other.lines.map((line) => JSON.parse(line).count)).toEqual([2, 2, 2, 1])
  const again = await run('audit', 'extract', '--citizen', 'citizen-2')
  expect(again.lines.at(-1)).toContain('officer-1')
  await expect(run('audit', 'extract', '--citizen', 'nobody')).rejects.toMatchObject({ code: 'config-invalid' })
})

test('audit sample gives rows by chance, no machine deliveries, and not more than there are', async () => {
  const dataDir = await withReadings()
  const run = commandLine(dataDir)
  for (let i = 0; i < 5; i++) await run('audit', 'extract', '--citizen', 'citizen-1')
  const { printed } = await run('audit', 'sample', '--n', '3')
  expect(printed[0]).toHaveLength(3)
  const all = (await run('audit', 'sample', '--n', '100')).printed[0] as { action: string }[]
  expect(new Set(all.map(({ action }) => action))).toEqual(new Set(['audit.extract', 'audit.sample']))
  expect(all).toHaveLength(6)
})

test('who may see what is changed by hand and written down: grants, tokens, accounts, people', async () => {
  const dataDir = await withReadings()
  const file = join(tempDir(), 'more.json')
  writeFileSync(
    file,
    JSON.stringify({
      clients: [{ id: 'reader', organisation: 'clinic' }],
      users: [{ id: 'nurse-0001', organisation: 'clinic', role: 'nurse', displayName: 'Jens Hansen' }],
    }),
  )
  const { passwords } = await provision(dataDir, file, systemClock, {
    dryRun: false,
    by: { type: 'user', id: 'admin-1' },
  })
  expect(passwords.users).toEqual({ 'nurse-0001': expect.stringMatching(/^[\w-]{27}$/) })
  const run = commandLine(dataDir)
  const grant = ['grant', 'revoke', '--organisation', 'clinic', '--citizen', 'citizen-1']
  expect((await run(...grant, '--dry-run')).printed).toEqual([{ revoked: 1 }])
  expect((await run(...grant, '--by', 'admin-1')).printed).toEqual([{ revoked: 1 }])
  expect((await run(...grant)).printed).toEqual([{ revoked: 0 }])
  await expect(run('grant', 'revoke', '--organisation', 'clinic')).rejects.toMatchObject({ code: 'config-invalid' })
  const [made] = (await run('token', 'create', 'nurse-0001', '--days', '30')).printed as [{ id: string; token: string }]
  await run('token', 'revoke', made.id)
  await run('account', 'disable', 'reader')
  await run('user', 'disable', 'nurse-0001', '--by', 'admin-1')
  for (const wrong of [
    ['token', 'revoke', 'none'],
    ['account', 'disable', 'none'],
    ['user', 'disable', 'none'],
    ['token', 'create', 'none'],
  ]) {
    await expect(run(...wrong)).rejects.toMatchObject({ code: 'config-invalid' })
  }
  const journal = openJournal(journalPath(dataDir))
  const rows = journal.database.prepare(`SELECT action, actor, subject, citizen FROM audit WHERE position > 4`).all()
  journal.close()
  expect(rows).toMatchObject([
    { action: 'account.create', actor: 'admin-1', subject: 'reader' },
    { action: 'user.create', actor: 'admin-1', subject: 'nurse-0001' },
    { action: 'grant.revoke', actor: 'admin-1', citizen: 'citizen-1' },
    { action: 'token.create', actor: 'command-line', subject: `nurse-0001/${made.id}` },
    { action: 'token.revoke', subject: made.id },
    { action: 'account.disable', subject: 'reader' },
    { action: 'user.disable', actor: 'admin-1', subject: 'nurse-0001' },
  ])
})

test('every change of the registry is written down, with its grants one by one; a dry run is not', async () => {
  const dataDir = tempDir()
  const file = join(dataDir, 'registry.json')
  writeFileSync(file, JSON.stringify({ ...DOCUMENT, hubs: [{ id: 'hub-0001' }], devices: [], assignments: [] }))
  await provision(dataDir, file, systemClock, { dryRun: true })
  await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  const journal = openJournal(journalPath(dataDir))
  const rows = journal.database.prepare('SELECT action, citizen, subject, purpose FROM audit ORDER BY position').all()
  journal.close()
  expect(rows).toMatchObject([
    { action: 'grant.give', citizen: 'citizen-1', purpose: 'treatment' },
    { action: 'registry.apply', subject: 'version-1' },
    { action: 'account.create', subject: 'hub-0001' },
  ])
})
