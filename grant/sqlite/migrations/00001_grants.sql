-- +goose Up
-- What is kept of a grant opens no door: the hash is that of 256 random bits.
CREATE TABLE grants (
  hash    BLOB    NOT NULL PRIMARY KEY,
  id      TEXT    NOT NULL UNIQUE,
  user    TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  expires INTEGER NOT NULL, -- milliseconds; 0 for never
  used    INTEGER NOT NULL, -- milliseconds; 0 for never
  body    TEXT    NOT NULL  -- the rest, as JSON
) WITHOUT ROWID;

CREATE INDEX grants_user ON grants (user, id);
CREATE INDEX grants_expires ON grants (expires) WHERE expires > 0;
