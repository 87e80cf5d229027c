package metrics

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	"collector/store"
)

// TestFactsOfTheStore: counts as the store says them, queues added up.
func TestFactsOfTheStore(t *testing.T) {
	m := made(atNoon)
	ctx, stop := context.WithCancel(t.Context())
	defer m.Close()
	defer stop()
	m.From(ctx, Source{
		Tally: func(context.Context, time.Time) (store.Tally, error) {
			return store.Tally{States: []store.Standing{
				{Service: "github", Mode: "normal", Condition: "needs sign-in", Networks: 4, Running: 1},
				{Service: "gone", Mode: "normal", Networks: 1},
				{Service: "also-gone", Mode: "normal", Condition: "ok", Networks: 2},
			}, Items: 1234, Due: 7, Oldest: noon.Add(-5 * time.Minute)}, nil
		},
		Beats: func(_ context.Context, since time.Time) ([]store.Instance, error) {
			if since != noon.Add(-15*time.Second) {
				t.Errorf("since %s", since)
			}
			return []store.Instance{{Version: "1"}, {Version: "2"}, {Version: "2"}}, nil
		},
		LastChange: func(context.Context) (int64, error) { return 99, nil },
		Jobs: func(context.Context) (map[string][]queue.Stats, error) {
			return map[string][]queue.Stats{"webhooks": {{Ready: 2, Dead: 1, Buried: 5, Paused: true}, {Ready: 3}}}, nil
		},
		Topics: func(context.Context) (int64, int64, bool, error) { return 5, 12, true, nil },
		Life:   15 * time.Second,
	})
	expect(t, m, map[string]float64{
		`collector_networks{condition="needs_sign_in",mode="normal",paused="false",service="github"}`: 4,
		`collector_networks{condition="ok",mode="normal",paused="false",service="other"}`:             3,
		`collector_networks_leased{mode="normal",service="github"}`:                                   1,
		`collector_items_kept`:                                     1234,
		`collector_due`:                                            7,
		`collector_due_lag_seconds`:                                300,
		`collector_instances`:                                      3,
		`collector_versions`:                                       2,
		`collector_changes_total`:                                  99,
		`collector_jobs{of="webhooks",state="ready"}`:              5,
		`collector_jobs{of="webhooks",state="dead"}`:               1,
		`collector_job_events_total{event="buried",of="webhooks"}`: 5,
		`collector_queues_paused{of="webhooks"}`:                   1,
		`collector_topic_messages`:                                 7,
		`collector_topic_messages_sent_total`:                      11,
		`collector_facts_age_seconds{of="networks"}`:               0,
	})
}

// TestAScrapeDoesNotWaitForTheStore: while the store is slow the answer before is shown, by
// one reader however many ask; an answer that is too old is not shown.
func TestAScrapeDoesNotWaitForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := made(time.Now)
		ctx, stop := context.WithCancel(t.Context())
		var asked atomic.Int64
		slow := make(chan struct{}) // closed: the store answers at once
		close(slow)
		m.From(ctx, Source{Tally: func(ctx context.Context, _ time.Time) (store.Tally, error) {
			n := asked.Add(1)
			select {
			case <-slow:
				return store.Tally{Items: int(n)}, nil
			case <-ctx.Done():
				return store.Tally{}, ctx.Err()
			}
		}})
		shows := func(items float64) {
			t.Helper()
			began := time.Now()
			if got := value(t, m, "collector_items_kept"); got != items {
				t.Errorf("items are %v, want %v", got, items)
			}
			if took := time.Since(began); took > patience {
				t.Errorf("a scrape took %v", took)
			}
		}
		pass := func(d time.Duration) {
			<-time.After(d)
			synctest.Wait()
		}
		shows(1)
		shows(1) // from memory
		pass(fresh)
		shows(2)
		slow = make(chan struct{})
		pass(fresh)
		for range 3 {
			shows(2) // one reader waits, all others are told what was
		}
		if n := asked.Load(); n != 3 {
			t.Errorf("the store was asked %d times, want 3", n)
		}
		pass(atMost)
		if got := value(t, m, `collector_facts_failed_total{of="networks"}`); got != 1 {
			t.Errorf("%v failures are counted", got)
		}
		pass(stale)
		shows(-1)
		close(slow)
		pass(atMost + fresh)
		if got := value(t, m, "collector_items_kept"); got < 4 {
			t.Errorf("once the store is quick again items are %v", got)
		}
		stop()
		m.Close()
	})
}

// TestNothingIsAskedAfterTheEnd: a question that begins while the end is told is waited for.
func TestNothingIsAskedAfterTheEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var ended atomic.Bool
	closed, looks := make(chan struct{}), 0
	var m *Metrics
	m = made(func() time.Time {
		if looks++; looks == 2 { // between the look at the context and the question
			stop()
			go func() { m.Close(); ended.Store(true); close(closed) }()
			select { // an end that does not wait comes now
			case <-closed:
			case <-time.After(50 * time.Millisecond):
			}
		}
		return noon
	})
	m.From(ctx, Source{LastChange: func(context.Context) (int64, error) {
		if ended.Load() {
			t.Error("the store is asked after the end")
		}
		return 1, nil
	}})
	<-m.facts.asked.Load().log.start(ctx)
	<-closed
}

// TestAFailingStoreIsNotHammered: it is asked once in ten seconds, however many ask.
func TestAFailingStoreIsNotHammered(t *testing.T) {
	m := made(atNoon)
	asked := 0
	m.From(t.Context(), Source{LastChange: func(context.Context) (int64, error) { asked++; return 0, errors.New("away") }})
	for range 5 {
		lines(t, m)
	}
	m.Close()
	if asked != 1 || value(t, m, "collector_changes_total") != -1 {
		t.Errorf("asked %d times", asked)
	}
}
