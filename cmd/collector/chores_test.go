package main

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"collector/cluster"
	"collector/cluster/solo"
	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// dated saves one change a day.
func dated(t *testing.T, st store.Store, days int) {
	t.Helper()
	ctx, at := t.Context(), noon
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(st.AddAccount(ctx, state.Account{ID: "a", User: "me", Provider: "github", Name: "octocat"}))
	must(st.AddNetworks(ctx, []state.Network{{ID: "n", AccountID: "a", User: "me", Service: "github", Provider: "github", Account: "octocat", CreatedAt: at}}))
	for i := range days {
		at = noon.Add(time.Duration(i-days+1) * 24 * time.Hour)
		got, err := st.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "me", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		must(err)
		if len(got) != 1 {
			t.Fatalf("claimed %d", len(got))
		}
		_, err = st.Commit(ctx, got[0].Lease, state.Page{ID: at.String(), Kind: "backfill", Walk: 1, ObservedAt: at, Items: []item.Item{thing(fmt.Sprint(i), "x")}, After: state.Progress{Mode: state.Initial}})
		must(err)
		must(st.Release(ctx, got[0].Lease, state.Progress{Mode: state.Initial, ScheduledTo: noon}))
	}
}

// TestChangeLogIsKeptForThirtyDays, counted from the newest change: a clock that is
// ahead while nothing is written drops nothing more.
func TestChangeLogIsKeptForThirtyDays(t *testing.T) {
	for what, now := range map[string]time.Time{
		"a right clock": noon.Add(time.Hour), "a clock that is ahead": noon.Add(1000 * 24 * time.Hour),
	} {
		st := memory.New()
		dated(t, st, 40)
		answer, err := chores{st, func() time.Time { return now }, slog.New(slog.DiscardHandler)}.prune(t.Context(), cluster.Task{})
		if err != nil {
			t.Fatal(err)
		}
		left, err := st.Changes(t.Context(), "", 9, 100)
		if err != nil || len(left) != 31 || string(answer) != `{"changes":9}` {
			t.Errorf("%s: %s, %d changes are left, %v", what, answer, len(left), err)
		}
	}
	empty, err := chores{memory.New(), time.Now, slog.New(slog.DiscardHandler)}.prune(t.Context(), cluster.Task{})
	if err != nil || string(empty) != `{"changes":0}` {
		t.Errorf("an empty log: %s, %v", empty, err)
	}
}

// TestChoresAreDoneOnceForAll: of three instances the leader has the change log
// shortened, once an hour, by another one.
func TestChoresAreDoneOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := solo.New()
		st := &counting{Store: memory.New()}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 3)
		for _, id := range []string{"a", "b", "c"} {
			conf := cluster.Config{TTL: time.Minute, Log: slog.New(slog.DiscardHandler), Self: func() cluster.Peer { return cluster.Peer{ID: id} }}
			var m *cluster.Member
			chores{st, time.Now, conf.Log}.into(&conf, func() *cluster.Member { return m })
			m = cluster.New(conf, hub)
			go func() { done <- m.Run(ctx) }()
		}
		time.Sleep(5*time.Hour + 30*time.Minute)
		cancel()
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if st.asked < 5 || st.asked > 7 {
			t.Errorf("looked at %d times in five and a half hours", st.asked)
		}
	})
}

// counting counts who looks at the end of the change log.
type counting struct {
	store.Store
	asked int
}

func (c *counting) LastChange(ctx context.Context) (int64, error) {
	c.asked++ // one at a time, a task an hour
	return c.Store.LastChange(ctx)
}
