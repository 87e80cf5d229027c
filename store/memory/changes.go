package memory

import (
	"context"
	"slices"
	"time"

	"collector/store"
)

// Changes returns what happened after since.
func (s *Store) Changes(ctx context.Context, user string, since int64, most int) ([]store.Change, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if since < s.floor {
		return nil, store.ErrGone
	}
	var out []store.Change
	for _, c := range s.log {
		if len(out) >= most {
			break
		}
		if c.Seq <= since || user != "" && c.User != user {
			continue
		}
		c.Network = s.networks[c.NetworkID].Name()
		c.Added, c.Changed, c.Removed = slices.Clone(c.Added), slices.Clone(c.Changed), slices.Clone(c.Removed)
		out = append(out, c)
	}
	return out, nil
}

// NewestChanges counts what the newest changes tell of.
func (s *Store) NewestChanges(ctx context.Context, user string, before int64, most int) ([]store.ChangeCount, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []store.ChangeCount
	for _, c := range slices.Backward(s.log) {
		if len(out) >= most {
			break
		}
		if before > 0 && c.Seq >= before || user != "" && c.User != user {
			continue
		}
		c.Network = s.networks[c.NetworkID].Name()
		out = append(out, c.Count())
	}
	return out, nil
}

// LastChange is the newest Seq, also when its entry was pruned.
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	return s.last, nil
}

// PruneChanges drops changes from the old end of the log up to the first that
// is not older than before.
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (int, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	n := 0
	for n < len(s.log) && s.log[n].At.Before(before) {
		s.floor = s.log[n].Seq
		delete(s.pages, s.log[n].Page)
		n++
	}
	s.log = slices.Delete(s.log, 0, n)
	return n, nil
}
