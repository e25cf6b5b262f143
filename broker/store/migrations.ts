import { NOTIFY_SCHEMA } from '../notify/schema.ts'

/**
 * The journal's schema as a list that only grows: entry n takes a file from `user_version` n to n + 1. An entry that
 * has been released is never edited.
 *
 * Times are ISO 8601 UTC text. `readings.cursor` is the rowid: it counts up in order of storing and no reading is ever
 * deleted, so it is never given out twice.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('hub', 'client')),
    organisation TEXT,
    secret TEXT NOT NULL,
    created_at TEXT NOT NULL,
    disabled_at TEXT
  ) STRICT;

  -- Registry
  CREATE TABLE organisations (id TEXT PRIMARY KEY, title TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE citizens (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE hubs (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE devices (id TEXT PRIMARY KEY, hub TEXT NOT NULL, driver TEXT NOT NULL) STRICT, WITHOUT ROWID;
  -- slot -1: the whole device, whatever slot it reports
  CREATE TABLE assignments (
    device TEXT NOT NULL, slot INTEGER NOT NULL, from_at TEXT NOT NULL, to_at TEXT, citizen TEXT NOT NULL,
    PRIMARY KEY (device, slot, from_at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE grants (
    organisation TEXT NOT NULL, citizen TEXT NOT NULL, purpose TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT,
    kinds TEXT,
    PRIMARY KEY (organisation, citizen, purpose, from_at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE limits (
    citizen TEXT NOT NULL, quantity TEXT NOT NULL, from_at TEXT NOT NULL,
    alert_low REAL, warning_low REAL, warning_high REAL, alert_high REAL,
    author TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (citizen, quantity, from_at)
  ) STRICT, WITHOUT ROWID;

  -- Readings. state clinical: a citizen's. held: nobody's yet, with the reason. test: a technician's, nobody's ever.
  CREATE TABLE readings (
    cursor INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hub TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    device TEXT NOT NULL,
    slot INTEGER,
    citizen TEXT,
    kind TEXT NOT NULL,
    measured_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    late INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('clinical', 'held', 'test')),
    held_reason TEXT,
    payload TEXT NOT NULL,
    CHECK ((state = 'clinical') = (citizen IS NOT NULL)),
    CHECK ((state = 'held') = (held_reason IS NOT NULL))
  ) STRICT;
  CREATE INDEX readings_by_citizen ON readings (citizen, kind, measured_at) WHERE citizen IS NOT NULL;
  CREATE INDEX readings_held ON readings (cursor) WHERE state = 'held';
  CREATE TABLE raw_packets (reading INTEGER PRIMARY KEY, packets TEXT NOT NULL) STRICT;
  -- What followers follow: a reading gets its position when it becomes clinical, a released one later than its cursor.
  CREATE TABLE clinical_log (position INTEGER PRIMARY KEY, reading INTEGER NOT NULL) STRICT;
  -- digest keeps a message that a hub repeats from being kept twice
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    hub TEXT NOT NULL, epoch TEXT, first INTEGER, last INTEGER,
    reason TEXT NOT NULL, at TEXT NOT NULL, digest TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (hub, digest)
  ) STRICT;
  -- ranges: JSON [[first, last], ...] of the sequence numbers that came; contiguous: the last one without a gap before
  CREATE TABLE hub_epochs (
    hub TEXT NOT NULL, epoch TEXT NOT NULL, ranges TEXT NOT NULL,
    contiguous INTEGER NOT NULL, highest INTEGER NOT NULL, missing INTEGER NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (hub, epoch)
  ) STRICT, WITHOUT ROWID;
  -- received = stored + duplicate + quarantined, always; resent: came before under the same sequence number
  CREATE TABLE hub_counts (
    hub TEXT PRIMARY KEY,
    received INTEGER NOT NULL, stored INTEGER NOT NULL, duplicate INTEGER NOT NULL, quarantined INTEGER NOT NULL,
    resent INTEGER NOT NULL, reused INTEGER NOT NULL, unreadable INTEGER NOT NULL, evaluated INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Feeds: one per organisation, written after the grant check
  CREATE TABLE feeds (
    organisation TEXT NOT NULL, cursor INTEGER NOT NULL, reading INTEGER NOT NULL, late INTEGER NOT NULL,
    PRIMARY KEY (organisation, cursor)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE feed_positions (
    organisation TEXT PRIMARY KEY, last INTEGER NOT NULL, published INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Alerts: message is the published state (alertMessageSchema)
  CREATE TABLE alerts (
    id TEXT PRIMARY KEY, citizen TEXT NOT NULL, kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')), message TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX one_open_alert ON alerts (citizen, kind) WHERE state = 'open';
  CREATE TABLE alert_readings (
    alert TEXT NOT NULL, revision INTEGER NOT NULL, reading TEXT NOT NULL, PRIMARY KEY (alert, revision)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE evaluated (
    citizen TEXT NOT NULL, kind TEXT NOT NULL, newest TEXT NOT NULL, open_alert TEXT, PRIMARY KEY (citizen, kind)
  ) STRICT, WITHOUT ROWID;
  -- organisations whose topic holds the retained state
  CREATE TABLE alert_holders (
    alert TEXT NOT NULL, organisation TEXT NOT NULL, PRIMARY KEY (alert, organisation)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE alert_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert TEXT NOT NULL, topic TEXT NOT NULL, payload TEXT NOT NULL, retain INTEGER NOT NULL
  ) STRICT;

  -- Time series
  CREATE TABLE followers (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, citizen TEXT NOT NULL, device TEXT NOT NULL, quantity TEXT NOT NULL,
    UNIQUE (citizen, quantity, device)
  ) STRICT;
  -- the reading is part of the key: two readings of the same millisecond are two points, a repeated one is one
  CREATE TABLE points (
    series INTEGER NOT NULL, ts INTEGER NOT NULL, reading TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (series, ts, reading)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE points_refused (
    follower TEXT NOT NULL, reading TEXT NOT NULL, quantity TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (follower, reading, quantity)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What of a hub's day (UTC, YYYY-MM-DD) went into quarantine. left_out: beyond the bound; chain: their digests folded
  -- into one, each the SHA-256 of the one before and of the entry's digest.
  CREATE TABLE quarantine_days (
    hub TEXT NOT NULL, day TEXT NOT NULL,
    entries INTEGER NOT NULL, bytes INTEGER NOT NULL, left_out INTEGER NOT NULL, chain TEXT NOT NULL,
    PRIMARY KEY (hub, day)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE hub_counts ADD COLUMN unkept INTEGER NOT NULL DEFAULT 0;
  `,
  NOTIFY_SCHEMA,
  `
  -- A citizen's part of a feed is read without looking at the others'; reading makes the index cover a look-up by id.
  ALTER TABLE feeds ADD COLUMN citizen TEXT;
  UPDATE feeds SET citizen = (SELECT citizen FROM readings WHERE readings.cursor = feeds.reading);
  CREATE INDEX feeds_by_citizen ON feeds (organisation, citizen, cursor, reading);
  -- 1: the organisation also gets every reading as a FHIR Observation
  ALTER TABLE organisations ADD COLUMN fhir INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Identity: certificates that were issued, and those refused for ever
  CREATE TABLE certificates (
    fingerprint TEXT NOT NULL UNIQUE, account TEXT NOT NULL, valid_to TEXT NOT NULL, issued_at TEXT NOT NULL,
    first_used_at TEXT, pem TEXT NOT NULL
  ) STRICT;
  CREATE INDEX certificates_by_account ON certificates (account);
  CREATE TABLE revocations (fingerprint TEXT PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  -- One-time codes, hashed. key_digest: of the key that used it, which may ask again for its certificate
  CREATE TABLE enrolments (
    id INTEGER PRIMARY KEY,
    hub TEXT NOT NULL, serial TEXT NOT NULL, code_hash TEXT NOT NULL, typed_hash TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    used_at TEXT, key_digest TEXT, fingerprint TEXT
  ) STRICT;
  CREATE INDEX enrolments_by_serial ON enrolments (serial);
  -- What a technician should see, each once: occasion tells one of the same kind and subject from the next
  CREATE TABLE technical_events (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, occasion TEXT NOT NULL,
    UNIQUE (kind, subject, occasion)
  ) STRICT;
  `,
  `
  -- Who may see what. Research gets pseudonyms under a key of its own.
  ALTER TABLE organisations ADD COLUMN type TEXT NOT NULL DEFAULT 'clinic'
    CHECK (type IN ('clinic', 'municipality', 'gp', 'ward', 'research'));
  CREATE TABLE organisation_keys (organisation TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE groups (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE memberships (
    group_id TEXT NOT NULL, citizen TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT,
    PRIMARY KEY (group_id, citizen, from_at)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE grants RENAME TO grants_before;
  -- revoked_at ends a grant beside its to_at, and no document brings it back
  CREATE TABLE grants (
    organisation TEXT NOT NULL, scope TEXT NOT NULL CHECK (scope IN ('citizen', 'group')), subject TEXT NOT NULL,
    purpose TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT, kinds TEXT, given_by TEXT, revoked_at TEXT,
    PRIMARY KEY (organisation, scope, subject, purpose, from_at)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO grants SELECT organisation, 'citizen', citizen, purpose, from_at, to_at, kinds, NULL, NULL
    FROM grants_before;
  DROP TABLE grants_before;

  -- People of an organisation. The name is shown to colleagues and is nowhere else.
  CREATE TABLE users (
    id TEXT PRIMARY KEY, organisation TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('nurse', 'physician', 'technician', 'administrator', 'auditor')),
    display_name TEXT NOT NULL, secret TEXT NOT NULL, created_at TEXT NOT NULL, disabled_at TEXT
  ) STRICT, WITHOUT ROWID;
  -- Bearer tokens of clients and users; hash: SHA-256 of the token
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, holder_type TEXT NOT NULL CHECK (holder_type IN ('client', 'user')), holder TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT
  ) STRICT, WITHOUT ROWID;

  -- Who saw and changed what: grows only, each row bound to the one before
  CREATE TABLE audit (
    position INTEGER PRIMARY KEY,
    at TEXT NOT NULL, system TEXT NOT NULL, actor_type TEXT NOT NULL, actor TEXT NOT NULL, role TEXT,
    organisation TEXT, on_behalf_of TEXT, action TEXT NOT NULL, criticality TEXT NOT NULL, citizen TEXT, subject TEXT,
    kinds TEXT, from_at TEXT, to_at TEXT, first_cursor INTEGER, last_cursor INTEGER, count INTEGER, purpose TEXT,
    correlation TEXT, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_citizen ON audit (citizen, position) WHERE citizen IS NOT NULL;
  CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  -- Also stops INSERT OR REPLACE, which deletes without asking the trigger above.
  CREATE TRIGGER audit_grows BEFORE INSERT ON audit
    WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  `,
  `
  -- Episodes are computed (what the data says), alerts are facts (what people were told). The alerts of the engine
  -- before, which judged in order of arrival, end here; every reading is kept and is judged anew.
  DROP TABLE alerts;
  DROP TABLE alert_readings;
  DROP TABLE evaluated;
  DELETE FROM alert_outbox;
  DELETE FROM alert_holders;

  -- message: the published state (alertMessageSchema)
  CREATE TABLE alerts (
    id TEXT PRIMARY KEY, citizen TEXT NOT NULL, rule TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'closed', 'withdrawn')),
    opened_at TEXT NOT NULL, message TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX one_unfinished_alert ON alerts (citizen, rule) WHERE state IN ('open', 'acknowledged');
  CREATE INDEX alerts_by_citizen ON alerts (citizen, opened_at);
  CREATE TABLE alert_transitions (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    alert TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, message TEXT NOT NULL,
    UNIQUE (alert, revision)
  ) STRICT;
  -- alert: whom it was told by; the digest for what was found too late
  CREATE TABLE episodes (
    citizen TEXT NOT NULL, rule TEXT NOT NULL, opened_at TEXT NOT NULL, first TEXT NOT NULL,
    closed_at TEXT, alert TEXT NOT NULL, episode TEXT NOT NULL,
    PRIMARY KEY (citizen, rule, opened_at, first)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX episodes_by_alert ON episodes (alert);
  -- the state of a rule after the reading at position; the newest goes on, the older ones are for late readings
  CREATE TABLE rule_states (
    citizen TEXT NOT NULL, rule TEXT NOT NULL, position TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (citizen, rule, position)
  ) STRICT, WITHOUT ROWID;
  -- citizens to be judged again from a time of measuring on: their rules changed, or judging failed
  CREATE TABLE evaluations_due (citizen TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE pauses (
    id TEXT PRIMARY KEY, citizen TEXT NOT NULL, reason TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT NOT NULL,
    include_red INTEGER NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pauses_by_citizen ON pauses (citizen, to_at);

  -- Where rules come from; version is unique over all of them, so that it names what a rule was made of. scope: template,
  -- organisation or citizen; rule: its id, '' for a whole template, the quantity for a citizen's limits.
  CREATE TABLE rule_sources (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    level TEXT NOT NULL CHECK (level IN ('template', 'organisation', 'citizen', 'limits')),
    scope TEXT NOT NULL, rule TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT,
    author TEXT NOT NULL, reason TEXT NOT NULL, review_at TEXT, body TEXT NOT NULL,
    UNIQUE (level, scope, rule, from_at)
  ) STRICT;
  CREATE TABLE watches (
    citizen TEXT NOT NULL, template TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT, stage TEXT,
    organisation TEXT, author TEXT NOT NULL, reason TEXT NOT NULL, review_at TEXT,
    PRIMARY KEY (citizen, template, from_at)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO rule_sources (level, scope, rule, from_at, author, reason, body)
    SELECT 'limits', citizen, quantity, from_at, author, reason,
      json_object('alertLow', alert_low, 'warningLow', warning_low, 'warningHigh', warning_high, 'alertHigh', alert_high)
    FROM limits ORDER BY from_at;
  INSERT INTO evaluations_due (citizen, since) SELECT DISTINCT citizen, '' FROM limits;
  `,
  `
  -- When a citizen has agreed to measure. plan: planSchema without its period; never changed, only ended
  CREATE TABLE plans (
    citizen TEXT NOT NULL, kind TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT, plan TEXT NOT NULL,
    PRIMARY KEY (citizen, kind, from_at)
  ) STRICT, WITHOUT ROWID;
  -- The minutes in which the engine looked at what did not come: every minute from first to last. Times here and below
  -- are ms since 1970 UTC.
  CREATE TABLE engine_ticks (first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
  -- What each hub said last, and what was known of hubs and devices since which look
  CREATE TABLE hub_watch (
    hub TEXT PRIMARY KEY, last_heard INTEGER NOT NULL, holds_nothing_before INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE hub_facts (
    hub TEXT NOT NULL, at INTEGER NOT NULL, heard INTEGER NOT NULL, last_heard INTEGER NOT NULL,
    holds_nothing_before INTEGER, radio INTEGER NOT NULL,
    PRIMARY KEY (hub, at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE device_facts (
    device TEXT NOT NULL, at INTEGER NOT NULL, battery_low INTEGER NOT NULL, problem TEXT,
    PRIMARY KEY (device, at)
  ) STRICT, WITHOUT ROWID;
  -- What was said of a slot that was not filled in time
  CREATE TABLE slot_verdicts (
    citizen TEXT NOT NULL, kind TEXT NOT NULL, opens INTEGER NOT NULL, at INTEGER NOT NULL, verdict TEXT NOT NULL,
    PRIMARY KEY (citizen, kind, opens, at)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Installations: wish as the clinic wrote it; revision grows with each change.
  CREATE TABLE installations (
    id TEXT PRIMARY KEY, hub TEXT NOT NULL, wish TEXT NOT NULL, revision INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('registered', 'commissioned', 'ended')), changed_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX one_installation_per_hub ON installations (hub) WHERE state <> 'ended';
  -- text is what was signed, byte for byte
  CREATE TABLE commissioning_reports (
    visit TEXT PRIMARY KEY, installation TEXT NOT NULL, text TEXT NOT NULL, signature TEXT NOT NULL,
    public_key TEXT NOT NULL, received_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Sign-in of people. hash: SHA-256 of what the browser holds.
  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL, factor TEXT NOT NULL CHECK (factor IN ('password', 'totp', 'oidc')),
    created_at TEXT NOT NULL, seen_at TEXT NOT NULL, ends_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_user ON sessions (user);
  -- step: the last one that was used (RFC 6238, 5.2)
  CREATE TABLE second_factors (
    user TEXT PRIMARY KEY, secret TEXT NOT NULL, step INTEGER NOT NULL, confirmed_at TEXT
  ) STRICT, WITHOUT ROWID;
  -- How an identity provider calls a user
  CREATE TABLE user_subjects (
    issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL, linked_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What staff write for one another: free text, which stays here. open: the work list then, by standing
  CREATE TABLE notes (
    id TEXT PRIMARY KEY, organisation TEXT NOT NULL, citizen TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notes_by_citizen ON notes (citizen, organisation, at);
  CREATE TABLE handovers (
    id TEXT PRIMARY KEY, organisation TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL,
    open TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX handovers_by_organisation ON handovers (organisation, at);
  CREATE TABLE handover_lines (
    handover TEXT NOT NULL, position INTEGER NOT NULL, citizen TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (handover, position)
  ) STRICT, WITHOUT ROWID;
  -- Who ended a plan, or took it back before it began: then it is only here
  CREATE TABLE plan_endings (
    citizen TEXT NOT NULL, kind TEXT NOT NULL, from_at TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL,
    reason TEXT NOT NULL, plan TEXT NOT NULL,
    PRIMARY KEY (citizen, kind, from_at, at)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- At a start each citizen's devices are looked up, and there are thousands
  CREATE INDEX assignments_by_citizen ON assignments (citizen, from_at);
  `,
]
