package likeastore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"collector/store"
)

// Take returns what the old documents become; see store.Source.
func (s *Source) Take(ctx context.Context, p store.Part, after string, n int) ([]store.Record, error) {
	if p == store.PartItems {
		return s.takeItems(ctx, after, n)
	}
	if p == store.PartQuotas || p == store.PartQuarantine {
		return nil, nil
	}
	if after == "" {
		if _, err := s.read(ctx); err != nil {
			return nil, err
		}
	}
	var out []store.Record
	for _, l := range s.lists[s.from(after):] {
		if len(out) == n {
			break
		}
		r, ok, err := s.record(ctx, p, l)
		if err != nil {
			return nil, err
		}
		if ok && r.Key() > after {
			out = append(out, r)
		}
	}
	return out, nil
}

// from is the place of the first list whose id is at least id. An account has the
// id of its one network, so all parts are in the order of the lists.
func (s *Source) from(id string) int {
	i, _ := slices.BinarySearchFunc(s.lists, id, func(l list, id string) int { return strings.Compare(l.network.ID, id) })
	return i
}

// record is what a list is in a part; false where it is nothing.
func (s *Source) record(ctx context.Context, p store.Part, l list) (store.Record, bool, error) {
	switch p {
	case store.PartAccounts:
		return store.Record{Account: &l.account}, true, nil
	case store.PartCredentials:
		if l.cred.Empty() {
			return store.Record{}, false, nil
		}
		sealed, err := s.seal(l.account.ID, l.cred)
		if err != nil {
			return store.Record{}, false, fmt.Errorf("sealing a sign-in of the old database: %w", err)
		}
		sealed.Version = 1
		return store.Record{Credential: &sealed}, true, nil
	}
	c, err := s.count(ctx, l)
	l.network.Items = len(c.items)
	return store.Record{Network: &l.network}, true, err
}

// takeItems returns items of one list after the other.
func (s *Source) takeItems(ctx context.Context, after string, n int) ([]store.Record, error) {
	if s.lists == nil {
		if _, err := s.read(ctx); err != nil {
			return nil, err
		}
	}
	net, rest := store.CutKey(after)
	var out []store.Record
	for _, l := range s.lists[s.from(net):] {
		if l.network.ID > net {
			rest = ""
		}
		if s.keptOf != l.network.ID {
			var err error
			if s.kept, err = s.likesOf(ctx, l); err != nil {
				return nil, err
			}
			s.keptOf = l.network.ID
		}
		for i := range s.kept.items {
			if s.kept.items[i].ID > rest && len(out) < n {
				it := s.kept.items[i]
				out = append(out, store.Record{Item: &it})
			}
		}
		if len(out) == n {
			break
		}
	}
	return out, nil
}
