-- +goose Up
-- When wake_at was written, by the clock of the writer: a time to come shows that
-- this clock was ahead. NULL where nobody said.
ALTER TABLE leases ADD COLUMN set_at INTEGER;
UPDATE leases SET set_at = (SELECT unixepoch(json_extract(progress, '$.lastRunAt')) * 1000 FROM networks WHERE num = net);
-- So that whoever starts sees at once whether a clock was ahead.
CREATE INDEX leases_set ON leases (set_at);
