package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is when tests of outputs take place.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// outcome is what a run came to.
type outcome struct {
	code     int
	out, err string
}

// program is a run of the whole program in this process.
type program struct {
	stdin string
	cut   error // what reading more of stdin ends with; nil: its end
	env   map[string]string
	now   func() time.Time
	left  uint64 // bytes free on the disk; 0: plenty, whatever this machine has
}

// run runs one command line in the present folder.
func (p program) run(t *testing.T, args ...string) outcome {
	t.Helper()
	return p.runContext(t.Context(), t, args...)
}

func (p program) runContext(ctx context.Context, t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	env := []string{"LANG=C.UTF-8"}
	for k, v := range p.env {
		t.Setenv(k, v) // what envconfig reads
		env = append(env, k+"="+v)
	}
	a := newApp(env, io.MultiReader(strings.NewReader(p.stdin), iotest.ErrReader(cmp.Or(p.cut, io.EOF))), &out, &errs)
	a.host = "testhost"
	if p.now != nil {
		a.now = p.now
	}
	a.free = func(string) (uint64, error) { return cmp.Or(p.left, 1<<40), nil }
	code := a.main(ctx, args)
	return outcome{code, out.String(), errs.String()}
}

// must fails the test when a run did.
func (o outcome) must(t *testing.T) outcome {
	t.Helper()
	if o.code != exitOK {
		t.Fatalf("exit code %d\nstdout: %s\nstderr: %s", o.code, o.out, o.err)
	}
	return o
}

func atNoon() time.Time { return noon }

// What is printed has local times; those of the tests are UTC. It is set before anything
// runs, since whatever uses a time may read it.
func init() { time.Local = time.UTC }

// inFolder makes an empty folder the present one.
func inFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
}

// golden compares with testdata/<name>.golden.
func golden(t *testing.T, folder, name, got string) {
	t.Helper()
	path := filepath.Join(folder, "testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew)\n--- got\n%s\n--- want\n%s", path, got, want)
	}
}

// here is the folder of the tests, before they change it.
func here(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// seeded makes ./collector.db and lets fn fill it.
func seeded(t *testing.T, fn func(*seeder)) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), "collector.db", store.Options{Owner: "seed", Lease: time.Minute, Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	fn(&seeder{t: t, st: st})
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// seeder puts networks into a store as the daemon would.
type seeder struct {
	t  *testing.T
	st store.Store
	n  int
}

func (s *seeder) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// network adds an account with one network, saves a page of items in it, and
// leaves it with a progress.
func (s *seeder) network(user, service, server, name string, items []item.Item, p state.Progress) string {
	s.t.Helper()
	ctx := s.t.Context()
	s.n++
	id := "n" + string(rune('a'+s.n))
	acc := state.Account{ID: "a" + id, User: user, Provider: service, Server: server, RemoteID: "remote-" + name, Name: name, CreatedAt: noon.Add(-time.Hour)}
	s.must(s.st.AddAccount(ctx, acc))
	s.must(s.st.AddNetworks(ctx, []state.Network{{
		ID: id, AccountID: acc.ID, User: user, Service: service, Provider: service, Server: server, Account: name, RemoteID: acc.RemoteID,
		CreatedAt: noon.Add(-time.Hour), Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon.Add(-time.Hour)},
	}}))
	if p.Mode == "" {
		return id // as it was added
	}
	got, err := s.st.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "seed", Now: noon.Add(-time.Minute), Until: noon.Add(-30 * time.Second), N: 1, Services: map[string]int{service: 1}})
	s.must(err)
	if len(got) != 1 || got[0].ID != id {
		s.t.Fatalf("claimed %v, want %s", got, id)
	}
	if len(items) > 0 {
		_, err = s.st.Commit(ctx, got[0].Lease, state.Page{ID: id + "/1/1", Kind: "backfill", Walk: 1, ObservedAt: noon.Add(-time.Minute), Items: items, After: p})
		s.must(err)
	}
	s.must(s.st.Release(ctx, got[0].Lease, p))
	return id
}
