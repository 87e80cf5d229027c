-- +goose Up
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
  num  INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE accounts (
  id         TEXT PRIMARY KEY,
  user       TEXT NOT NULL,
  provider   TEXT NOT NULL,
  server     TEXT NOT NULL,
  remote_id  TEXT NOT NULL,
  name       TEXT NOT NULL,
  given      INTEGER NOT NULL,
  scopes     TEXT NOT NULL,
  created_at INTEGER
) WITHOUT ROWID;
CREATE INDEX accounts_user ON accounts (user, provider, name);

CREATE TABLE credentials (
  account TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  key_id  TEXT NOT NULL,
  sealed  BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE refreshes (
  account TEXT PRIMARY KEY,
  owner   TEXT NOT NULL,
  until   INTEGER NOT NULL
) WITHOUT ROWID;

-- The wide row of a network: read at a claim, written with every page.
CREATE TABLE networks (
  num         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  user_num    INTEGER NOT NULL,
  account_id  TEXT NOT NULL,
  user        TEXT NOT NULL,
  service     TEXT NOT NULL,
  service_key TEXT NOT NULL,
  provider    TEXT NOT NULL,
  server      TEXT NOT NULL,
  account     TEXT NOT NULL,
  account_key TEXT NOT NULL,
  remote_id   TEXT NOT NULL,
  params      TEXT NOT NULL,
  created_at  INTEGER,
  sync_seq    INTEGER NOT NULL DEFAULT 0,
  full_seq    INTEGER NOT NULL DEFAULT 0,
  items       INTEGER NOT NULL DEFAULT 0,
  bare        INTEGER NOT NULL DEFAULT 0,
  bad         INTEGER NOT NULL DEFAULT 0,
  ended       INTEGER NOT NULL DEFAULT 0,
  progress    TEXT NOT NULL
);
CREATE UNIQUE INDEX networks_once ON networks (account_id, service, params) WHERE ended = 0;
CREATE INDEX networks_user ON networks (user, service, account);
CREATE INDEX networks_kept ON networks (user, service) WHERE ended = 1;

-- What a claim writes, in rows so narrow that a hundred of them touch few pages.
-- A network whose collecting has ended has no row here, so nobody can claim it.
CREATE TABLE leases (
  net         INTEGER PRIMARY KEY,
  mode        INTEGER NOT NULL,
  service     TEXT NOT NULL,
  wake_at     INTEGER,
  paused      INTEGER NOT NULL DEFAULT 0,
  wished      INTEGER NOT NULL DEFAULT 0,
  owner       TEXT,
  lease_until INTEGER,
  epoch       INTEGER NOT NULL DEFAULT 0,
  crashes     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX leases_wake ON leases (mode, service, wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX leases_held ON leases (lease_until) WHERE owner IS NOT NULL;

CREATE TABLE items (
  id              INTEGER PRIMARY KEY,
  net             INTEGER NOT NULL,
  item_id         TEXT NOT NULL,
  liked_at        INTEGER NOT NULL,
  removed_at      INTEGER,
  hash            INTEGER NOT NULL,
  observed_at     INTEGER NOT NULL,
  walk            INTEGER NOT NULL,
  imported        INTEGER NOT NULL,
  bare            INTEGER NOT NULL,
  bare_due        INTEGER,
  added_by        INTEGER NOT NULL,
  changed_by      INTEGER,
  first_seen      INTEGER NOT NULL,
  private         INTEGER NOT NULL,
  liked_from      TEXT NOT NULL,
  created_at      INTEGER,
  url             TEXT NOT NULL,
  kind            TEXT NOT NULL,
  title           TEXT NOT NULL,
  author          TEXT NOT NULL,
  author_url      TEXT NOT NULL,
  avatar          TEXT NOT NULL,
  image           TEXT NOT NULL,
  tags            TEXT NOT NULL,
  language        TEXT NOT NULL,
  text            TEXT NOT NULL,
  removed_because TEXT NOT NULL DEFAULT '',
  raw             BLOB,
  UNIQUE (net, item_id)
);
CREATE INDEX items_like ON items (net, liked_at DESC, item_id);
CREATE INDEX items_bare ON items (net, liked_at DESC, item_id, bare_due) WHERE bare_due IS NOT NULL;

-- When an item was last seen again unchanged: 100 such rows are one or two pages
-- of the file, where 100 rows of items would be dozens.
CREATE TABLE sightings (
  item INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL
);

-- Words are folded by the collector, so the tokenizer only splits at spaces.
-- meta holds the owner (u1) and the fields (by:name, tag:go, lang:go, kind:post).
CREATE VIRTUAL TABLE word_index USING fts5 (
  meta, words,
  content = '', contentless_delete = 1,
  tokenize = "ascii tokenchars ':_'"
);

CREATE TABLE quarantine (
  net     INTEGER NOT NULL,
  key     TEXT NOT NULL,
  item_id TEXT NOT NULL,
  raw     BLOB NOT NULL,
  reason  TEXT NOT NULL,
  version TEXT NOT NULL,
  walk    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (net, key)
);

-- One row a page; the lists are row numbers of items.
CREATE TABLE changes (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  user_num INTEGER NOT NULL,
  net      INTEGER NOT NULL,
  page     TEXT NOT NULL UNIQUE,
  kind     TEXT NOT NULL,
  added    BLOB,
  changed  BLOB,
  removed  BLOB
);
CREATE INDEX changes_user ON changes (user_num, seq);
CREATE INDEX changes_net ON changes (net);

CREATE TABLE quotas (
  key TEXT PRIMARY KEY,
  row TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE instances (
  id      TEXT PRIMARY KEY,
  host    TEXT NOT NULL,
  pid     INTEGER NOT NULL,
  mode    TEXT NOT NULL,
  version TEXT NOT NULL,
  started INTEGER,
  seen    INTEGER NOT NULL,
  running INTEGER NOT NULL
) WITHOUT ROWID;
