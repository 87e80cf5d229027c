-- +goose Up
-- FTS5 merges the segments of a level once there are so many (4 by default). Each
-- merge writes all of their words again, which was a tenth of the cost of a new
-- item; a search asks a few more segments instead.
INSERT INTO word_index (word_index, rank) VALUES ('automerge', 16);
