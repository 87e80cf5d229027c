package control

import (
	"testing"
	"time"

	"collector/state"
)

// noon is when the tests take place.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestETA(t *testing.T) {
	at := func(d time.Duration) *time.Time { u := noon.Add(d); return &u }
	walk := func(pages, of int, paces ...int) state.Walk { return state.Walk{Pages: pages, Of: of, Paces: paces} }
	for _, c := range []struct {
		name string
		w    state.Walk
		q    *Quota
		want time.Duration
		ok   bool
	}{
		{"pages left times the median", walk(10, 30, 1000, 500, 9000), nil, 20 * time.Second, true},
		{"an even number of intervals", walk(0, 10, 1000, 2000), nil, 15 * time.Second, true},
		{"the end is not known", walk(10, 0, 1000), nil, 0, false},
		{"no page yet", walk(0, 10), nil, 0, false},
		{"enough quota", walk(0, 10, 1000), &Quota{Left: 10, Limit: 60, Resets: at(time.Hour)}, 10 * time.Second, true},
		{"one more window", walk(0, 70, 1000), &Quota{Left: 10, Limit: 60, Resets: at(time.Minute)}, 130 * time.Second, true},
		{"two more windows", walk(0, 71, 1000), &Quota{Left: 10, Limit: 60, Resets: at(time.Minute)}, 191 * time.Second, true},
		{"quota spent, no reset told", walk(0, 70, 1000), &Quota{Left: 10, Limit: 60}, 0, false},
		{"nothing used of a rolling window", walk(0, 70, 1000), &Quota{Left: 60, Limit: 60, Rolling: true, per: time.Minute}, 130 * time.Second, true},
		{"blocked longer than the window", walk(0, 10, 1000), &Quota{Limit: 60, Resets: at(time.Minute), Blocked: at(5 * time.Minute)}, 310 * time.Second, true},
	} {
		got, ok := ETA(c.w, c.q, noon)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestHoldUp(t *testing.T) {
	w := state.Walk{Paces: []int{1000}, LastPage: noon.Add(-4 * time.Second)}
	for _, c := range []struct {
		n    state.Network
		q    *Quota
		last time.Duration
		want string
	}{
		{state.Network{Owner: "a"}, nil, 2 * time.Second, ""},
		{state.Network{Paused: true}, nil, 4 * time.Second, "paused"},
		{state.Network{Progress: state.Progress{Condition: state.Limited}}, nil, 4 * time.Second, "waiting for quota"},
		{state.Network{}, &Quota{Left: 0, Limit: 5}, 4 * time.Second, "waiting for quota"},
		{state.Network{Progress: state.Progress{Failures: 2}}, nil, 4 * time.Second, "waiting for retry 2"},
		{state.Network{}, nil, 4 * time.Second, "waiting for a worker"},
		{state.Network{Owner: "a"}, nil, 4 * time.Second, "waiting for the network"},
	} {
		w.LastPage = noon.Add(-c.last)
		if got := holdUp(c.n, w, c.q, noon); got != c.want {
			t.Errorf("%+v: %q, want %q", c.n, got, c.want)
		}
	}
}
