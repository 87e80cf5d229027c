package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/control"
	"collector/limit"
	"collector/queue"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// TestTop shows what works, what is late and what failed, once or again and again, and
// writes no control character where there is no terminal.
func TestTop(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", nil, state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(-90 * time.Second), Runs: []state.Run{
			{At: noon.Add(-2 * time.Hour), Kind: "poll", Added: 100},
			{At: noon.Add(-10 * time.Minute), Kind: "poll", Added: 3},
			{At: noon.Add(-5 * time.Minute), Kind: "poll", Fault: "temporary"},
		}})
		s.network("me", "gist", "", "octocat\x1b[31m", nil, state.Progress{Mode: state.Normal, Condition: state.NeedsSignIn, ScheduledTo: noon.Add(time.Hour)})
		_, err := s.st.Heartbeat(t.Context(), store.Instance{ID: "box-1-aa", Host: "box", PID: 1, Mode: "both", Version: "9.9", Started: noon.Add(-time.Hour), Seen: noon, Running: 1})
		s.must(err)
		other := store.Instance{ID: "box-2-bb", Host: "box", PID: 2, Mode: "both", Version: "9.9", Started: noon.Add(-time.Hour), Seen: noon, Quiet: true, Wish: store.Quiet, Vitals: &store.Vitals{Busy: 3, Workers: 16, Leases: 4, Calls: 250, Memory: 91_000_000, Conns: 2, MostConns: 9}}
		_, err = s.st.Heartbeat(t.Context(), other)
		s.must(err)
	})
	p := program{now: atNoon}
	o := p.run(t, "top", "--once").must(t)
	fields := strings.Join(strings.Fields(o.out), " ")
	for _, want := range []string{"2 networks", "box-1-aa box:1 working both 9.9 1h ago 1 - - - - -", "box-2-bb box:2 quiet both 9.9 1h ago 0 3/16 4 250 91.0 MB of Go 2/9", "github 1 0 0 0 01:30 2 1 3", "gist 1 0 0 1", "Nothing is in hand."} {
		if !strings.Contains(fields, want) {
			t.Errorf("no %q in\n%s", want, o.out)
		}
	}
	again, stop := background(t, nil, "top", "--every=100ms")
	late := time.After(patience)
	for strings.Count(again.String(), "collector top") < 2 {
		select {
		case <-again.has:
		case <-late:
			t.Fatalf("one picture alone: %s", again)
		}
	}
	if code := stop(); code != exitOK || strings.ContainsRune(o.out+again.String(), '\x1b') {
		t.Errorf("ended with %d: %q", code, again)
	}
	if o := p.run(t, "top", "--every=1ms"); o.code != exitUsage {
		t.Errorf("--every=1ms ends with %d", o.code)
	}
}

// countersAlone is a store of many networks that refuses to be read through.
type countersAlone struct {
	store.Store
	t *testing.T
}

func (c countersAlone) Tally(context.Context, time.Time) (store.Tally, error) {
	return store.Tally{States: []store.Standing{{Service: "github", Networks: 1_000_000, Running: 3}}, Items: 9, Due: 7, Oldest: noon.Add(-time.Minute)}, nil
}

func (c countersAlone) Networks(context.Context, store.Filter) ([]state.Network, error) {
	c.t.Error("networks are read")
	return nil, nil
}

func (c countersAlone) Quotas(context.Context, string) ([]limit.Row, error) {
	c.t.Error("quotas are read")
	return nil, nil
}

// TestTopOfAMillion reads neither networks nor the ledger, again and again.
func TestTopOfAMillion(t *testing.T) {
	a := newApp(nil, nil, nil, nil)
	a.now, a.conf = atNoon, &config.Loaded{}
	panel := &control.Panel{Store: countersAlone{memory.New(), t}, Beside: control.Beside{
		Jobs: func(_ context.Context, _ bool, fn func([]queue.Store) error) error { return fn(nil) },
	}}
	v, err := panel.Top(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(a.topText(v)), " ")
	for _, want := range []string{"1,000,000 networks, 9 items due now 7, the oldest for 01:00 in work 3", "github 1,000,000 3 0 0 - - - - -"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
