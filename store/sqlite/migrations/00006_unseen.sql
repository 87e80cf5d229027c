-- +goose Up
-- What pages have shown since a sweep began, by row number; dropped when it ends.
CREATE TABLE shown (
  net   INTEGER NOT NULL,
  sweep INTEGER NOT NULL,
  item  INTEGER NOT NULL,
  PRIMARY KEY (net, sweep, item)
) WITHOUT ROWID;

-- Items that completed sweeps did not show: the last one and how many in a row, and
-- whether the service was asked about the item since.
CREATE TABLE unseen (
  net    INTEGER NOT NULL,
  item   INTEGER NOT NULL,
  sweep  INTEGER NOT NULL,
  sweeps INTEGER NOT NULL,
  asked  INTEGER NOT NULL,
  PRIMARY KEY (net, item)
) WITHOUT ROWID;

-- The last sweep that has ended, so that it ends once.
ALTER TABLE networks ADD COLUMN swept INTEGER NOT NULL DEFAULT 0;
-- The sweep of which a person takes all that it did not show as gone.
ALTER TABLE networks ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
