-- +goose Up
-- What an instance tells of itself with each heartbeat beside what it is, as JSON, "null" of
-- one that tells nothing; whether it claims nothing; and what is wished of it.
ALTER TABLE instances ADD COLUMN vitals TEXT NOT NULL DEFAULT 'null';
ALTER TABLE instances ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN wish TEXT NOT NULL DEFAULT '';
