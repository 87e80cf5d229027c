package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"collector/executor"
	"collector/fault"
	"collector/state"
)

func filling(pages, of int, paces ...int) state.Network {
	return state.Network{Progress: state.Progress{Mode: state.Initial, Walk: &state.Walk{Pages: pages, Of: of, Items: 100 * pages, Paces: paces}}}
}

func unknownQuota(state.Network) *quotaView { return nil }

// TestProgressWaitsForQuota: 21 pages with 1 call left of 10 a minute need two
// more windows, not 21 seconds.
func TestProgressWaitsForQuota(t *testing.T) {
	end := noon.Add(time.Minute)
	w := together([]state.Network{filling(10, 31, 1000)}, func(state.Network) *quotaView { return &quotaView{Left: 1, Limit: 10, Resets: &end} }, noon)
	if want := 21*time.Second + 2*time.Minute; w.eta != want {
		t.Errorf("ETA %v, want %v", w.eta, want)
	}
}

func TestProgressLine(t *testing.T) {
	now := noon
	p := &progress{now: func() time.Time { return now }, began: noon}
	now = noon.Add(6 * time.Second)
	for _, c := range []struct {
		networks []state.Network
		want     string
	}{
		{nil, "[00:06]  up to date  0 runs  0 errors  2 in work"},
		{[]state.Network{filling(10, 31, 600)}, "[00:06]  32 %  10/31 pages  1,000 items  0 errors  ETA 00:13  2 in work"},
		{[]state.Network{filling(10, 20, 1000), filling(10, 40, 1000)}, "[00:06]  33 %  20/60 pages  2,000 items  0 errors  ETA 00:30  2 histories  2 in work"},
		{[]state.Network{filling(10, 20, 1000), filling(7, 0, 1000)}, "[00:06]  1,700 items so far  0 errors  2 histories  2 in work"},
	} {
		if got := p.line(together(c.networks, unknownQuota, now), len(c.networks), 2); got != c.want {
			t.Errorf("line\n%q, want\n%q", got, c.want)
		}
	}
}

// TestProgressStaysBelowTheLog: a log line takes the progress line's place, and
// the progress line comes back below it.
func TestProgressStaysBelowTheLog(t *testing.T) {
	var b bytes.Buffer
	p := &progress{out: &b, now: atNoon, began: noon, tty: true, width: 80}
	p.tell(together([]state.Network{filling(1, 4, 1000)}, unknownQuota, noon), 1, 1, slog.New(slog.DiscardHandler))
	drawn := p.drawn
	if drawn == "" {
		t.Fatal("nothing was drawn")
	}
	b.Reset()
	fmt.Fprintln(p, "a log line")
	if want := "\r\x1b[Ka log line\n" + drawn; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	p.clear()
	if b.String() != "\r\x1b[K" {
		t.Errorf("cleared with %q", b.String())
	}
}

// TestProgressWithoutTerminal is a line of the log, and silent when there is no
// history to read.
func TestProgressWithoutTerminal(t *testing.T) {
	var b bytes.Buffer
	p := &progress{out: &b, now: atNoon, began: noon}
	log := slog.New(slog.NewJSONHandler(p, nil))
	p.tell(whole{}, 0, 1, log)
	if b.Len() > 0 {
		t.Errorf("idle, it says %s", b.String())
	}
	p.tell(together([]state.Network{filling(1, 4, 1000)}, unknownQuota, noon), 1, 1, log)
	for _, want := range []string{`"msg":"progress"`, `"pages":1`, `"of":4`, `"eta":"3s"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}

func TestSummaryCountsErrorsButNotLimits(t *testing.T) {
	p := &progress{now: atNoon, began: noon.Add(-19 * time.Second)}
	p.ended(executor.Outcome{Pages: 30, Added: 3000})
	p.ended(executor.Outcome{Pages: 1, Added: 14, Err: fault.New(fault.RateLimited, "wait")})
	p.ended(executor.Outcome{Err: errors.New("x")})
	if got, want := p.summary(), "done in 00:19: 3 runs, 31 pages, 3,014 items new, 1 error"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
