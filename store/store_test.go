package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"collector/state"
	"collector/store"
	"collector/store/memory"
)

func TestOpenPicksTheBackendByItsScheme(t *testing.T) {
	asked := ""
	var options store.Options
	backends := map[string]store.Opener{
		"memory": memory.Open,
		"sqlite": func(_ context.Context, rest string, o store.Options) (store.Store, error) {
			asked, options = rest, o
			return memory.New(), nil
		},
	}
	for address, rest := range map[string]string{
		"sqlite:collector.db":         "collector.db",
		"sqlite:./a:b.db":             "./a:b.db",
		`sqlite:C:\data\collector.db`: `C:\data\collector.db`,
		"sqlite:":                     "",
		"sqlite://host/db?x=y#z":      "//host/db?x=y#z",
	} {
		asked = "nobody was asked"
		s, err := store.Open(t.Context(), address, backends, store.Options{Owner: "me", Lease: time.Minute})
		if err != nil || s == nil || asked != rest {
			t.Errorf("%s: %v, %v, the backend got %q, want %q", address, s, err, asked, rest)
		}
		if options.Owner != "me" || options.Lease != time.Minute {
			t.Errorf("%s: options %+v", address, options)
		}
	}
	s, err := store.Open(t.Context(), "memory:", backends, store.Options{})
	if err != nil || s.Describe() == "" {
		t.Errorf("memory: %v, %v", s, err)
	}
}

func TestOpenRefusesWhatNamesNoBackend(t *testing.T) {
	backends := map[string]store.Opener{"memory": memory.Open}
	for _, address := range []string{"", "collector.db", "postgres://localhost/db", "Memory:", "memory", " memory:", ":", "/var/lib/collector.db"} {
		s, err := store.Open(t.Context(), address, backends, store.Options{})
		if s != nil || !errors.Is(err, store.ErrMissing) {
			t.Errorf("%q: %v, %v, want ErrMissing", address, s, err)
		} else if !strings.Contains(err.Error(), "--store=sqlite:FILE") {
			t.Errorf("%q: %q does not say what to write", address, err)
		}
	}
}

func TestOpenReturnsTheBackendsError(t *testing.T) {
	newer := func(context.Context, string, store.Options) (store.Store, error) { return nil, store.ErrNewer }
	_, err := store.Open(t.Context(), "sqlite:x", map[string]store.Opener{"sqlite": newer}, store.Options{})
	if !errors.Is(err, store.ErrNewer) {
		t.Errorf("error %v, want ErrNewer", err)
	}
}

// TestOpenNeverPrintsAPassword: an address may hold one.
func TestOpenNeverPrintsAPassword(t *testing.T) {
	_, err := store.Open(t.Context(), "mongodb+srv://me:hunter2@db.example/x", map[string]store.Opener{"memory": memory.Open}, store.Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

// A sweep that is moved goes on without what it has shown so far, which lies in no
// record: it must not take all of that for gone.
func TestFreedSweepProvesNothing(t *testing.T) {
	walk := &state.Walk{Number: 7, Kind: "sweep", Pages: 3, Noted: true}
	n := store.WholeNetwork{Network: state.Network{Progress: state.Progress{Sweep: walk, Swept: &state.Swept{Sweep: 5, Unseen: 3}}}}
	got := n.Freed()
	if got.Sweep == nil || got.Sweep.Noted || got.Sweep.Pages != 3 || got.Swept != nil {
		t.Errorf("moved: %+v, %+v", got.Sweep, got.Swept)
	}
	if !walk.Noted {
		t.Error("the sweep of the store that it comes from has changed")
	}
}
