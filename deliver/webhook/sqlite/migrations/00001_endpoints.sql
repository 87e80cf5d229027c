-- +goose Up
-- An endpoint, as JSON, and what the daemon knows of it. Of one that was removed the id
-- and the version are left.
CREATE TABLE webhook_endpoints (
  id       TEXT    NOT NULL PRIMARY KEY,
  version  INTEGER NOT NULL,
  removed  INTEGER NOT NULL DEFAULT 0,
  endpoint TEXT    NOT NULL,
  place    TEXT    NOT NULL,
  health   TEXT    NOT NULL
);

-- Their sum tells of changes.
CREATE INDEX webhook_endpoints_version ON webhook_endpoints (version);
