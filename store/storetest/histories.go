package storetest

import (
	"flag"
	"fmt"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var histories = []promise{
	{"AnyHistoryGivesWhatTheReferenceGives", history},
}

// history lets random operations happen to the store and to the memory store,
// which is simple enough to be believed, and compares every answer and
// everything that can be read.
func history(k *kit) {
	did := map[string]int{}
	rapid.Check(k.T, func(t *rapid.T) {
		b := k.fresh(k.T)
		s, err := b.Open("a")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h := &past{T: t, kit: k, real: s, model: memory.New(), pages: map[string]state.Page{}, sweeps: map[string]int64{}, did: did}
		for i, user := range []string{"me", "me", "you"} {
			a := state.Account{ID: fmt.Sprint("acc", i), User: user, Provider: "github", Name: fmt.Sprint("name", i), CreatedAt: at(0)}
			h.do("AddAccount", func(s store.Store) (any, error) { return nil, s.AddAccount(k.ctx, a) })
			h.accounts = append(h.accounts, a.ID)
			h.add()
		}
		t.Repeat(map[string]func(*rapid.T){
			"":          func(t *rapid.T) { h.T = t; h.compare() },
			"add":       h.step(h.add),
			"wait":      h.step(h.wait),
			"claim":     h.step(h.claim),
			"claim2":    h.step(h.claim), // more often than the others: most need a lease
			"commit":    h.step(h.commit),
			"commit2":   h.step(h.commit),
			"again":     h.step(h.again),
			"release":   h.step(h.release),
			"gone":      h.step(h.gone),
			"accept":    h.step(h.accept),
			"fill":      h.step(h.fill),
			"remap":     h.step(h.remap),
			"renew":     h.step(h.renew),
			"pause":     h.step(h.pause),
			"wish":      h.step(h.wish),
			"reconnect": h.step(h.reconnect),
			"learn":     h.step(h.learn),
			"remove":    h.step(h.remove),
			"prune":     h.step(h.prune),
		})
	})
	k.Logf("done: %v", did)
	must := []string{"Claim", "Commit", "Release"}
	if n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String()); err == nil && n >= 100 { // a few histories may lack the rare steps
		must = append(must, "Fill", "Remapped", "Remove", "Commit refused", "Release refused")
	}
	for _, what := range must {
		if did[what] == 0 {
			k.Errorf("no history had the step %q: this proved too little", what)
		}
	}
}

// past is a history in the making.
type past struct {
	*rapid.T
	kit         *kit
	real, model store.Store
	clock       time.Duration
	accounts    []string
	networks    []string
	leases      []state.Lease         // also those that are over
	pages       map[string]state.Page // the newest of each network
	sweeps      map[string]int64      // the present sweep of each network
	made        int
	steps       int
	did         map[string]int // in all histories, by step and whether it was refused
}

func (h *past) step(do func()) func(*rapid.T) {
	return func(t *rapid.T) {
		h.T = t
		h.clock += time.Second // no two steps at one time
		do()
	}
}

func (h *past) now() time.Time { return at(h.clock) }

// do has both stores do the same, and compares what they answer.
func (h *past) do(what string, op func(store.Store) (any, error)) any {
	h.Helper()
	got, errGot := op(h.real)
	expected, errExpected := op(h.model)
	if class(errGot) != class(errExpected) {
		h.Fatalf("%s: error %v, the reference gives %v", what, errGot, errExpected)
	}
	if errGot != nil {
		h.did[what+" refused"]++
	} else {
		h.did[what]++
	}
	if g, ok := got.(lines); ok && len(g) == len(expected.(lines)) {
		got, expected = g.without(expected.(lines)), expected.(lines).without(g)
	}
	if g, e := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", expected); g != e {
		h.Fatalf("%s:\n      got %s\nreference %s", what, g, e)
	}
	return expected
}

func (h *past) number(label string, below int) int {
	return rapid.IntRange(0, below-1).Draw(h.T, label)
}

func (h *past) network() string { return rapid.SampledFrom(h.networks).Draw(h.T, "network") }

// lease is one that somebody was given once.
func (h *past) lease() (state.Lease, bool) {
	if len(h.leases) == 0 {
		return state.Lease{}, false
	}
	newest := h.leases[max(0, len(h.leases)-4):]
	return rapid.SampledFrom(newest).Draw(h.T, "lease"), true
}

func (h *past) progress() state.Progress {
	return state.Progress{
		Mode:        state.Initial,
		Condition:   rapid.SampledFrom([]state.Condition{state.OK, state.NeedsSignIn, state.Failing}).Draw(h.T, "condition"),
		ScheduledTo: h.now().Add(time.Duration(h.number("wait", 4)) * 20 * time.Second),
		Walks:       int64(h.number("walks", 4)), Failures: h.number("failures", 3), RefusedAt: h.now(),
		Walk: &state.Walk{Number: 1, Kind: "poll", Pages: h.made, Paces: []int{h.made}},
	}
}
