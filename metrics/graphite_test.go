package metrics

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// receive is a small carbon: it hands on the lines that each connection sent, once it is
// closed.
func receive(t *testing.T) (address string, got <-chan []string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lists := make(chan []string, 100)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			var lines []string
			for s := bufio.NewScanner(conn); s.Scan(); {
				lines = append(lines, s.Text())
			}
			conn.Close()
			lists <- lines
		}
	}()
	t.Cleanup(func() { ln.Close() })
	return ln.Addr().String(), lists
}

func pushing(m *Metrics, to string) *pusher {
	return m.newPusher(Graphite{Address: to, Prefix: "collector.box.both", Every: time.Minute, Log: slog.New(slog.DiscardHandler)})
}

// TestGraphiteGetsWhatItMissed: while it is away gatherings are kept, and when it is there
// again they come under the times at which they were made, the oldest first.
func TestGraphiteGetsWhatItMissed(t *testing.T) {
	now := noon
	m := made(func() time.Time { return now })
	m.Beat(nil)
	address, got := receive(t)
	p := pushing(m, address)
	turn := func() { p.gather(); p.sendAll(t.Context()); now = now.Add(time.Minute) }
	turn()
	p.g.Address = "127.0.0.1:1" // nobody is there
	turn()
	turn()
	if len(p.waiting) != 2 || value(t, m, `collector_graphite_pushes_total{outcome="failed"}`) != 2 {
		t.Errorf("%d gatherings wait", len(p.waiting))
	}
	p.g.Address = address
	turn()
	if len(p.waiting) != 0 || p.series != 0 {
		t.Errorf("%d gatherings still wait", len(p.waiting))
	}
	for i := range 4 {
		lines := <-got
		suffix := fmt.Sprintf(" %d", noon.Add(time.Duration(i)*time.Minute).Unix())
		build := 0
		for _, l := range lines {
			if !strings.HasPrefix(l, "collector.box.both.") || !strings.HasSuffix(l, suffix) || len(strings.Fields(l)) != 3 {
				t.Errorf("push %d: %q, want the time%s", i, l, suffix)
			}
			if strings.HasPrefix(l, "collector.box.both.collector_build_info.goversion.") {
				build++
			}
		}
		if build != 1 || len(lines) < 20 {
			t.Errorf("push %d has %d lines, %d of them with the version", i, len(lines), build)
		}
	}
	expect(t, m, map[string]float64{`collector_graphite_pushes_total{outcome="ok"}`: 4, "collector_graphite_dropped_total": 0})
}

// TestWhatIsKeptForGraphiteIsBounded: the oldest goes first, and it is counted.
func TestWhatIsKeptForGraphiteIsBounded(t *testing.T) {
	m := made(atNoon)
	p := pushing(m, "127.0.0.1:1")
	for range keepGathered + 7 {
		p.gather()
	}
	if len(p.waiting) != keepGathered || p.series > keepSeries {
		t.Errorf("%d gatherings of %d series are kept", len(p.waiting), p.series)
	}
	expect(t, m, map[string]float64{"collector_graphite_dropped_total": 7})
	busy(t, m, 5000)
	for range keepGathered {
		p.gather()
	}
	if len(p.waiting) == keepGathered || p.series > keepSeries {
		t.Errorf("%d large gatherings of %d series are kept", len(p.waiting), p.series)
	}
}

// TestASilentGraphiteHoldsNothingUp: one that takes connections and does not read gets one
// push at a time, no gathering is late for it, and what comes after it is kept.
func TestASilentGraphiteHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := made(time.Now)
		p := m.newPusher(Graphite{Address: "unused", Every: 10 * time.Second, Log: slog.New(slog.DiscardHandler)})
		begun, answer := make(chan bool, 9), make(chan error)
		p.push = func() error { begun <- true; return <-answer }
		began := time.Now()
		for range 3 {
			p.gather()
			p.sendAll(t.Context())
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("three gatherings of 10 s took %v", took)
		}
		if len(begun) != 1 || len(p.waiting) != 3 || !p.away {
			t.Errorf("%d pushes were begun, %d gatherings wait", len(begun), len(p.waiting))
		}
		go func() {
			for range 3 {
				answer <- nil
			}
		}()
		p.sendAll(t.Context())
		if len(begun) != 3 || len(p.waiting) != 0 || p.away {
			t.Errorf("then %d pushes, %d wait", len(begun), len(p.waiting))
		}
	})
}
