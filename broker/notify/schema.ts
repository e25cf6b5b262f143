/**
 * Tables of notification. Times are ISO 8601 UTC. A delivery is what one person is to be told; a message is what was sent
 * to tell it, and holds one delivery or a group. Nothing is deleted: what was sent is a fact.
 */
export const NOTIFY_SCHEMA = `
  CREATE TABLE notify_documents (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL, document TEXT NOT NULL) STRICT;
  -- how far the transitions of alerts were read
  CREATE TABLE notify_position (one INTEGER PRIMARY KEY CHECK (one = 1), cursor INTEGER NOT NULL) STRICT;
  INSERT INTO notify_position (one, cursor) VALUES (1, 0);

  -- The newest call of an organisation about an alert. message: the alert as it was last seen
  CREATE TABLE notify_calls (
    alert TEXT NOT NULL, organisation TEXT NOT NULL, revision INTEGER NOT NULL, level TEXT NOT NULL,
    policy TEXT NOT NULL, started_at TEXT NOT NULL, step INTEGER NOT NULL, due_at TEXT, ended TEXT,
    message TEXT NOT NULL,
    PRIMARY KEY (alert, organisation)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notify_calls_running ON notify_calls (due_at) WHERE ended IS NULL;

  CREATE TABLE notify_messages (
    key TEXT PRIMARY KEY, purpose TEXT NOT NULL, person TEXT NOT NULL, channel TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
      state IN ('queued', 'sent', 'delivered', 'read', 'accepted', 'rejected', 'failed', 'cancelled')
    ),
    attempts INTEGER NOT NULL, silences INTEGER NOT NULL, next_at TEXT, reason TEXT,
    made_at TEXT NOT NULL, notice TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notify_messages_open ON notify_messages (state, channel, next_at) WHERE next_at IS NOT NULL;

  CREATE TABLE notify_deliveries (
    key TEXT PRIMARY KEY, purpose TEXT NOT NULL, subject TEXT NOT NULL, organisation TEXT NOT NULL,
    revision INTEGER NOT NULL, step INTEGER NOT NULL, level TEXT NOT NULL, person TEXT NOT NULL, channel TEXT NOT NULL,
    due_at TEXT NOT NULL, detail TEXT, cancelled INTEGER NOT NULL DEFAULT 0,
    message TEXT REFERENCES notify_messages (key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notify_deliveries_queued ON notify_deliveries (due_at) WHERE message IS NULL AND cancelled = 0;
  CREATE INDEX notify_deliveries_by_subject ON notify_deliveries (subject, organisation);
  CREATE INDEX notify_deliveries_by_message ON notify_deliveries (message) WHERE message IS NOT NULL;
`
