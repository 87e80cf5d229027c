package granttest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"collector/grant"
	"collector/grant/granttest"
)

// saboteur breaks one promise, and names the test of the kit that must notice.
type saboteur struct {
	name, notices string
	wrap          func(grant.Store) grant.Store
}

var saboteurs = []saboteur{
	{"none", "", func(s grant.Store) grant.Store { return s }},
	{"overwrites", "AnIDAndAHashAreTakenOnce", func(s grant.Store) grant.Store { return overwriting{s} }},
	{"keeps-what-is-taken", "OneOfManyTakesIt", func(s grant.Store) grant.Store { return keeping{s} }},
	{"looks-then-removes", "OneOfManyTakesIt", func(s grant.Store) grant.Store { return &slow{Store: s, both: make(chan struct{})} }},
	{"revives", "ANoteBringsNothingBack", func(s grant.Store) grant.Store { return reviving{s, map[grant.Hash]grant.Record{}} }},
	{"one-page", "ListsInPagesAndByUser", func(s grant.Store) grant.Store { return short{s} }},
	{"lists-all-users", "ListsInPagesAndByUser", func(s grant.Store) grant.Store { return open{s} }},
	{"removes-all-users", "RemoveOfTouchesOneUser", func(s grant.Store) grant.Store { return wide{s} }},
	{"prunes-late", "PrunedOnceTheyHaveEnded", func(s grant.Store) grant.Store { return late{s} }},
	{"prunes-all-that-ended", "PrunedOnceTheyHaveEnded", func(s grant.Store) grant.Store { return early{s} }},
	{"lists-what-was", "NobodyHasTooMany", func(s grant.Store) grant.Store { return &stale{Store: s} }},
	{"drops-scopes", "KeptAsGiven", func(s grant.Store) grant.Store { return careless{s} }},
}

type overwriting struct{ grant.Store }

func (s overwriting) Add(ctx context.Context, r grant.Record) error {
	return s.Bring(ctx, []grant.Record{r})
}

type keeping struct{ grant.Store }

func (s keeping) Take(ctx context.Context, h grant.Hash) (grant.Record, error) { return s.Find(ctx, h) }

// slow looks first and removes then, as in two statements. The first who takes anything
// removes it once a second has looked.
type slow struct {
	grant.Store
	looked atomic.Int32
	both   chan struct{} // closed once two have looked
}

func (s *slow) Take(ctx context.Context, h grant.Hash) (grant.Record, error) {
	r, err := s.Find(ctx, h)
	if err != nil {
		return r, err
	}
	if s.looked.Add(1) == 2 {
		close(s.both)
	}
	<-s.both
	_ = s.Remove(ctx, r.ID)
	return r, nil
}

// reviving saves the whole grant with each note.
type reviving struct {
	grant.Store
	seen map[grant.Hash]grant.Record
}

func (s reviving) Add(ctx context.Context, r grant.Record) error {
	s.seen[r.Hash] = r
	return s.Store.Add(ctx, r)
}

func (s reviving) Note(ctx context.Context, h grant.Hash, at time.Time) error {
	r := s.seen[h]
	if at.After(r.UsedAt) {
		r.UsedAt = at
		s.seen[h] = r
	}
	return s.Bring(ctx, []grant.Record{r})
}

type short struct{ grant.Store }

func (s short) List(ctx context.Context, user, after string, n int) ([]grant.Record, error) {
	if after != "" {
		return nil, nil
	}
	return s.Store.List(ctx, user, after, n)
}

type open struct{ grant.Store }

func (s open) List(ctx context.Context, _, after string, n int) ([]grant.Record, error) {
	return s.Store.List(ctx, "", after, n)
}

type wide struct{ grant.Store }

func (s wide) RemoveOf(ctx context.Context, user string) (n int, err error) {
	all, err := grant.All(ctx, s, "")
	for _, r := range all {
		if r.User == user {
			n++
		}
		err = errors.Join(err, s.Remove(ctx, r.ID))
	}
	return n, err
}

type late struct{ grant.Store }

func (s late) Prune(ctx context.Context, from, to time.Time) (int, error) {
	return s.Store.Prune(ctx, from, to.Add(-time.Millisecond))
}

type early struct{ grant.Store }

func (s early) Prune(ctx context.Context, _, to time.Time) (int, error) {
	return s.Store.Prune(ctx, time.Time{}, to)
}

// stale lists what there was when it was asked first.
type stale struct {
	grant.Store
	once sync.Once
	list []grant.Record
	err  error
}

func (s *stale) List(ctx context.Context, user, after string, n int) ([]grant.Record, error) {
	s.once.Do(func() { s.list, s.err = s.Store.List(ctx, user, after, n) })
	return s.list, s.err
}

type careless struct{ grant.Store }

func (s careless) Add(ctx context.Context, r grant.Record) error {
	r.Scopes = r.Scopes[:min(len(r.Scopes), 1)]
	return s.Store.Add(ctx, r)
}

const sabotaged = "GRANTTEST_SABOTEUR"

// TestSabotaged is run by TestTheKitNotices in a process of its own.
func TestSabotaged(t *testing.T) {
	for _, s := range saboteurs {
		if s.name == os.Getenv(sabotaged) {
			granttest.Run(t, func(*testing.T) (one, other grant.Store) {
				m := s.wrap(grant.NewMemory())
				return m, m
			})
		}
	}
}

// TestTheKitNotices runs the kit over stores that break a promise each.
func TestTheKitNotices(t *testing.T) {
	for _, s := range saboteurs {
		t.Run(s.name, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSabotaged$/^"+s.notices+"$", "-test.v")
			run.Env = append(os.Environ(), sabotaged+"="+s.name)
			out, err := run.CombinedOutput()
			if s.notices == "" {
				if err != nil {
					t.Errorf("a good store fails: %s", out)
				}
				return
			}
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestSabotaged/"+s.notices) {
				t.Errorf("%s did not notice: %v\n%s", s.notices, err, out)
			}
		})
	}
}
