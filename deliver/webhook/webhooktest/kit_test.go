package webhooktest_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"collector/deliver/webhook"
	"collector/deliver/webhook/webhooktest"
)

// saboteur breaks one promise, and names the test of the kit that must notice.
type saboteur struct {
	name, notices string
	wrap          func(webhook.Store) webhook.Store
}

var saboteurs = []saboteur{
	{"none", "", func(s webhook.Store) webhook.Store { return s }},
	{"unguarded", "ChangedOnceAVersion", func(s webhook.Store) webhook.Store { return unguarded{s} }},
	{"last-one-wins", "ConcurrentChangesLoseNothing", func(s webhook.Store) webhook.Store { return unguarded{s} }},
	{"brings-back", "RemovedIsGone", func(s webhook.Store) webhook.Store { return reviving{s} }},
	{"everybodys-are-ones", "OfOneUser", func(s webhook.Store) webhook.Store { return everybodys{s} }},
	{"one-page", "ListsInPages", func(s webhook.Store) webhook.Store { return short{s} }},
	{"keeps-no-secret", "KeptAsGiven", func(s webhook.Store) webhook.Store { return careless{s} }},
	{"notes-are-changes", "NotesStandBesideChanges", func(s webhook.Store) webhook.Store { return noting{s} }},
	{"lists-what-was", "NobodyHasTooMany", func(s webhook.Store) webhook.Store { return &late{Store: s} }},
	{"sees-no-change", "RevisionTellsOfChangesAlone", func(s webhook.Store) webhook.Store { return blind{s} }},
}

// unguarded saves whatever version was read.
type unguarded struct{ webhook.Store }

func (s unguarded) Put(ctx context.Context, r webhook.Record) (int64, error) {
	runtime.Gosched() // others read what is changed here
	if have, err := s.Get(ctx, r.ID); err == nil {
		r.Version = have.Version
	}
	return s.Store.Put(ctx, r)
}

// reviving adds what was removed.
type reviving struct{ webhook.Store }

func (s reviving) Put(ctx context.Context, r webhook.Record) (int64, error) {
	v, err := s.Store.Put(ctx, r)
	if _, there := s.Get(ctx, r.ID); err != nil && there != nil && r.Version == 0 {
		return 1, s.Bring(ctx, []webhook.Record{r})
	}
	return v, err
}

// short lists no second page.
type short struct{ webhook.Store }

func (s short) List(ctx context.Context, after string, n int) ([]webhook.Record, error) {
	if after != "" {
		return nil, nil
	}
	return s.Store.List(ctx, after, n)
}

// careless drops what it does not understand.
type careless struct{ webhook.Store }

func (s careless) Put(ctx context.Context, r webhook.Record) (int64, error) {
	r.Secret.Sealed = nil
	return s.Store.Put(ctx, r)
}

// noting saves the whole endpoint with each note.
type noting struct{ webhook.Store }

func (s noting) Note(ctx context.Context, notes []webhook.Note) error {
	for _, n := range notes {
		if r, err := s.Get(ctx, n.ID); err == nil {
			if _, err := s.Store.Put(ctx, r); err != nil {
				return err
			}
		}
	}
	return s.Store.Note(ctx, notes)
}

// late lists what there was when it was asked first.
type late struct {
	webhook.Store
	once sync.Once
	list []webhook.Record
	err  error
}

func (s *late) Of(ctx context.Context, user string) ([]webhook.Record, error) {
	s.once.Do(func() { s.list, s.err = s.Store.Of(ctx, user) })
	return s.list, s.err
}

// everybodys lists the endpoints of all as those of one.
type everybodys struct{ webhook.Store }

func (s everybodys) Of(ctx context.Context, _ string) ([]webhook.Record, error) {
	return s.List(ctx, "", 1000)
}

// blind counts endpoints for a revision.
type blind struct{ webhook.Store }

func (s blind) Revision(ctx context.Context) (int64, error) {
	n, err := s.Count(ctx)
	return int64(n), err
}

const sabotaged = "WEBHOOKTEST_SABOTEUR"

// TestSabotaged is run by TestTheKitNotices in a process of its own.
func TestSabotaged(t *testing.T) {
	for _, s := range saboteurs {
		if s.name == os.Getenv(sabotaged) {
			webhooktest.Run(t, func(*testing.T) (one, other webhook.Store) {
				m := s.wrap(webhook.NewMemory())
				return m, m
			})
		}
	}
}

// TestTheKitNotices runs the kit over stores that break a promise each.
func TestTheKitNotices(t *testing.T) {
	for _, s := range saboteurs {
		c := exec.Command(os.Args[0], "-test.run=^TestSabotaged$/^"+s.notices)
		c.Env = append(os.Environ(), sabotaged+"="+s.name)
		out, err := c.CombinedOutput()
		if (err == nil) != (s.notices == "") || s.notices != "" && !strings.Contains(string(out), "--- FAIL: TestSabotaged/"+s.notices) {
			t.Errorf("%s: %v\n%s", s.name, err, out)
		}
	}
}
