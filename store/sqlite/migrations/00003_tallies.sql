-- +goose Up
-- The condition of a network, beside its mode: what is counted lies together.
ALTER TABLE leases ADD COLUMN condition TEXT NOT NULL DEFAULT 'ok';
UPDATE leases SET condition = coalesce((SELECT nullif(json_extract(progress, '$.condition'), '') FROM networks WHERE num = net), 'ok');
CREATE INDEX leases_odd ON leases (condition, net) WHERE condition <> 'ok';
CREATE INDEX leases_first ON leases (net) WHERE mode = 0;

-- How many networks are in which state, so that nobody has to count a million.
-- Triggers keep the numbers in the transaction of what they count.
CREATE TABLE tallies (
  service   TEXT NOT NULL,
  mode      INTEGER NOT NULL,
  condition TEXT NOT NULL,
  paused    INTEGER NOT NULL,
  networks  INTEGER NOT NULL,
  PRIMARY KEY (service, mode, condition, paused)
) WITHOUT ROWID;
INSERT INTO tallies SELECT service, mode, condition, paused, count(*) FROM leases GROUP BY 1, 2, 3, 4;

-- +goose StatementBegin
CREATE TRIGGER tally_added AFTER INSERT ON leases BEGIN
  INSERT INTO tallies VALUES (NEW.service, NEW.mode, NEW.condition, NEW.paused, 1)
  ON CONFLICT DO UPDATE SET networks = networks + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tally_removed AFTER DELETE ON leases BEGIN
  UPDATE tallies SET networks = networks - 1
  WHERE service = OLD.service AND mode = OLD.mode AND condition = OLD.condition AND paused = OLD.paused;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tally_moved AFTER UPDATE OF mode, condition, paused ON leases
WHEN NEW.mode <> OLD.mode OR NEW.condition <> OLD.condition OR NEW.paused <> OLD.paused BEGIN
  UPDATE tallies SET networks = networks - 1
  WHERE service = OLD.service AND mode = OLD.mode AND condition = OLD.condition AND paused = OLD.paused;
  INSERT INTO tallies VALUES (NEW.service, NEW.mode, NEW.condition, NEW.paused, 1)
  ON CONFLICT DO UPDATE SET networks = networks + 1;
END;
-- +goose StatementEnd

-- The same for the items of networks whose collecting has not ended.
CREATE TABLE holdings (
  service TEXT PRIMARY KEY,
  items   INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO holdings SELECT service, sum(items) FROM networks WHERE ended = 0 GROUP BY 1;

-- +goose StatementBegin
CREATE TRIGGER holding_added AFTER INSERT ON networks BEGIN
  INSERT INTO holdings VALUES (NEW.service, NEW.items * (NEW.ended = 0))
  ON CONFLICT DO UPDATE SET items = items + excluded.items;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER holding_removed AFTER DELETE ON networks WHEN OLD.ended = 0 BEGIN
  UPDATE holdings SET items = items - OLD.items WHERE service = OLD.service;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER holding_changed AFTER UPDATE OF items, ended ON networks
WHEN NEW.items <> OLD.items OR NEW.ended <> OLD.ended BEGIN
  UPDATE holdings SET items = items + NEW.items * (NEW.ended = 0) - OLD.items * (OLD.ended = 0) WHERE service = NEW.service;
END;
-- +goose StatementEnd
