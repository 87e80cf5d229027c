package sqlite

import (
	"context"
	"fmt"
)

// mergeStep is how many pages of the search index one transaction rewrites: few
// enough that pages of other networks do not wait.
const mergeStep = 500

// forget takes out of the file what a purge has only marked: the search index
// keeps the words of a deleted item until it is rewritten, and the write-ahead
// log keeps old pages until it is emptied. Freed pages are overwritten with
// zeros, since the writer's connection has secure_delete on.
func (s *Store) forget(ctx context.Context) error {
	for step := -mergeStep; ; step = mergeStep { // negative: begin, with all there is
		var before, after int64
		err := s.write(ctx, func(t *tx) error {
			if err := t.row("SELECT total_changes()", nil, &before); err != nil {
				return err
			}
			if err := t.exec("INSERT INTO word_index (word_index, rank) VALUES ('merge', ?)", step); err != nil {
				return err
			}
			return t.row("SELECT total_changes()", nil, &after)
		})
		if err != nil {
			return fmt.Errorf("everything was deleted, but words of it are still in the search index; purge again: %w", wrap("rewriting the index", err))
		}
		if after-before < 2 {
			break
		}
	}
	return wrap("emptying the write-ahead log", s.checkpoint(ctx))
}

// checkpoint moves the write-ahead log into the file and empties it, as far as
// readers allow.
func (s *Store) checkpoint(ctx context.Context) error {
	return s.do(&job{ctx: ctx, alone: true, bare: true, run: func(t *tx) error {
		return t.exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}})
}
