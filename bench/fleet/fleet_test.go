package fleet

import (
	"testing"
	"time"

	"collector/bench/figure"
)

func run(t *testing.T) figure.Run { return figure.Run{Short: true, Seed: 1, Log: t.Logf} }

// Time is virtual, so the targets hold on every machine, also for a small fleet.
func TestShort(t *testing.T) {
	figures, err := measure(t.Context(), run(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		t.Logf("%s: %.4g %s, %.3g, want %.3g (%s)", f.Name, f.Ours, f.Unit, f.Value(), f.Limit, f.Note)
		if !f.Reached() {
			t.Errorf("%s: %v, want %v", f.Name, f.Value(), f.Limit)
		}
	}
}

// Two runs of a plan are the same to the last poll.
func TestSameEachTime(t *testing.T) {
	p := whole(run(t))
	p.accounts, p.length = p.accounts/4, 8*time.Minute
	p.deaths, p.hangs = []death{{at: 2 * time.Minute, back: 4 * time.Minute, instances: 7, known: true}}, nil
	var before []poll
	for i := range 2 {
		w, err := p.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 && !equal(before, w.polls) {
			t.Errorf("%d polls and %d polls that differ", len(before), len(w.polls))
		}
		before = w.polls
	}
}

func equal(a, b []poll) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// The figures get worse where the product's own part is left out.
func TestBites(t *testing.T) {
	for name, c := range map[string]struct {
		leaveOut func(*plan)
		figure   string
	}{
		"one service may take all workers":    {func(p *plan) { p.slots = func(workers int) int { return workers } }, "fleet/hang/p99"},
		"networks of the dead are never free": {func(p *plan) { p.abandon = true }, "fleet/death/lease"},
		"nobody is told of a death":           {func(p *plan) { p.untold = true }, "fleet/death/membership"},
		"everybody is polled alike":           {func(p *plan) { p.every = 10 * time.Minute }, "fleet/calls/sent"},
	} {
		t.Run(name, func(t *testing.T) {
			p := whole(run(t))
			c.leaveOut(&p)
			figures, err := p.lines(t.Context(), t.Logf)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range figures {
				if f.Name == c.figure {
					t.Logf("%s: %.4g %s, want %.3g (%s)", f.Name, f.Ours, f.Unit, f.Limit, f.Note)
					if f.Reached() {
						t.Errorf("%s is %v all the same", f.Name, f.Value())
					}
				}
			}
		})
	}
}
