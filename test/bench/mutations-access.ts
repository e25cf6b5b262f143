import type { MutationCase } from './mutations-table.ts'

/** Defects in who sees what, in the audit and in the limits. */

const vitest = (file: string): string[] => ['./node_modules/vitest/vitest.mjs', 'run', `test/broker/${file}.test.ts`]
const change = (file: string, from: string, to: string) => [{ file: `broker/${file}`, from, to }]

const GRANTS = vitest('rights/grants')
const DECIDE = vitest('rights/decide')
const ROUTES = vitest('http/routes')
const AUDIT = vitest('audit/audit')
const PERSON = vitest('no-person')

export const ACCESS_MUTATIONS: readonly MutationCase[] = [
  {
    name: 'access: the right is not asked for again at delivery',
    changes: change(
      'mqtt-topics.ts',
      'mayStillReceive(client) && mayReceive(who, packet.topic) ? packet : null',
      'mayStillReceive(client) && (mayReceive(who, packet.topic) || true) ? packet : null',
    ),
    check: vitest('mqtt-broker-topics'),
    shows: /FAIL .*at delivery the right is asked for again/,
  },
  {
    name: 'access: the end of a grant is ignored',
    changes: change(
      'rights/decide.ts',
      '(grant.to === undefined || at < grant.to)',
      '(grant.to === undefined || at !== "")',
    ),
    check: GRANTS,
    shows: /FAIL .*stops feed, replay and alerts/,
  },
  {
    name: 'access: a revocation is kept and not read',
    changes: change(
      'rights/load-rights.ts',
      "earlier(text(row['to_at']), text(row['revoked_at']))",
      "text(row['to_at'])",
    ),
    check: GRANTS,
    shows: /FAIL .*stays revoked/,
  },
  {
    name: 'access: one granted kind opens all that an alert rests on',
    changes: change(
      'rights/decide.ts',
      'first === undefined || used.includes(undefined)',
      'used.every((grant) => grant === undefined)',
    ),
    check: DECIDE,
    shows: /FAIL .*for every kind/,
  },
  {
    name: 'access: every role may do everything',
    changes: change(
      'rights/decide.ts',
      "subject.role === 'hub' || !right.by.includes(subject.role)",
      "subject.role === 'hub'",
    ),
    check: ROUTES,
    shows: /FAIL .*lets in the roles of its right/,
  },
  {
    name: 'access: research may change things',
    changes: change(
      'rights/decide.ts',
      'pseudonymous && right.research !== true',
      'pseudonymous && right.by.length === 0',
    ),
    check: DECIDE,
    shows: /FAIL .*change nothing/,
  },
  {
    name: 'access: an alert decided before the revocation still leaves',
    changes: change('rights/release-alerts.ts', 'if (!decision.allow) {', 'if (!decision.allow && alert === topic) {'),
    check: GRANTS,
    shows: /FAIL .*withholds an alert/,
  },
  {
    name: 'access: research gets the clear ids of hub and device',
    changes: change('rights/pseudonyms.ts', "hub: pseudonym('hub', entry.hub),", 'hub: entry.hub,'),
    check: GRANTS,
    shows: /FAIL .*gets no id of the citizen/,
  },
  {
    name: 'access: all studies share one key',
    changes: change(
      'rights/load-rights.ts',
      "pseudonymsUnder(row['key'] as Uint8Array)",
      'pseudonymsUnder(new Uint8Array(32))',
    ),
    check: GRANTS,
    shows: /FAIL .*two studies cannot compare/,
  },
  {
    name: 'audit: an alert is written down after it was handed out',
    changes: change(
      'rights/release-alerts.ts',
      '        releases.write()\n',
      '        setImmediate(() => releases.write())\n',
    ),
    check: GRANTS,
    shows: /FAIL .*before it hands it out/,
  },
  {
    name: 'audit: an alert is not written down with the commit that decided it',
    changes: change('clinical-commits.ts', '        releases.write()\n', ''),
    check: GRANTS,
    shows: /FAIL .*written with the commit/,
  },
  {
    name: 'audit: what goes into a feed is written down when it is published',
    changes: change('feeds.ts', '        audit({\n', '        setImmediate(audit, {\n'),
    check: GRANTS,
    shows: /FAIL .*with the same commit/,
  },
  {
    name: 'audit: an answer leaves before its row',
    changes: change(
      'http/register.ts',
      '  if (route.audits !== undefined) row?.write(route.audits, said.seen)',
      '  const { audits } = route\n  if (audits !== undefined) setImmediate(() => { try { row?.write(audits, said.seen) } catch {} })',
    ),
    check: ROUTES,
    shows: /FAIL .*gives nothing when the audit cannot be written/,
  },
  {
    name: 'audit: a chain without the hash before',
    changes: change('audit/trail.ts', 'chained(previous: string,', 'chained(_: string,').concat(
      change('audit/trail.ts', '  const digest = createHash', "  const previous = ''\n  const digest = createHash"),
    ),
    check: AUDIT,
    shows: /FAIL .*(rest renumbered|put in between)/,
  },
  {
    name: 'audit: rows can be changed',
    changes: change(
      'store/migrations.ts',
      "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;",
      'CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT 1; END;',
    ),
    check: AUDIT,
    shows: /FAIL .*is append-only/,
  },
  {
    name: 'audit: anchors are not compared',
    changes: change(
      'audit/verify.ts',
      'anchor !== undefined && anchor !== link.hash',
      'anchor === link.hash && rows < 0',
    ),
    check: AUDIT,
    shows: /FAIL .*by the anchors/,
  },
  {
    name: 'access: another site may act',
    changes: change(
      'http/register.ts',
      'SAFE_METHODS.has(request.method) || !comesFromAForeignPage(request.headers)',
      'SAFE_METHODS.has(request.method) || request.method !== ""',
    ),
    check: ROUTES,
    shows: /FAIL .*another site made the page/,
  },
  {
    name: 'access: a token without end',
    changes: change(
      'rights/tokens.ts',
      'hash = ? AND revoked_at IS NULL AND expires_at > ?',
      'hash = ? AND revoked_at IS NULL AND expires_at <> ?',
    ),
    check: ROUTES,
    shows: /FAIL .*ends when it is revoked/,
  },
  {
    name: 'access: what a stranger calls itself goes into the log',
    changes: change('mqtt-connect.ts', 'account: accountIn(account)', 'account'),
    check: PERSON,
    shows: /FAIL .*come out nowhere/,
  },
  {
    name: 'access: the place of a mistake is logged with the key of the sender',
    changes: change(
      'parse-readings.ts',
      "typeof key === 'number' || FIELDS.has(String(key)) ? String(key) : '*'",
      'String(key)',
    ),
    check: PERSON,
    shows: /FAIL .*come out nowhere/,
  },
  {
    name: 'access: ids that look like a CPR number are taken',
    changes: change('rights/rights-document.ts', '!looksLikeCprNumber(id)', "id !== ''"),
    check: PERSON,
    shows: /FAIL .*come out nowhere/,
  },
  {
    name: 'access: a hub may send without end',
    changes: change(
      'mqtt-topics.ts',
      'await pace?.(who.id, packet.payload.length)',
      'void pace?.(who.id, packet.payload.length)',
    ),
    check: vitest('mqtt-broker-limits'),
    shows: /FAIL|timed out/,
  },
  {
    name: 'access: the fleet tells what a plan expects that the clinic may not read',
    changes: change(
      'clinic/fleet.ts',
      'keptPlans(citizen).filter(({ kind }) => sight.mayRead(citizen, kind))',
      'keptPlans(citizen)',
    ),
    check: vitest('clinic/fleet'),
    shows: /FAIL .*the organisation may not read/,
  },
]
