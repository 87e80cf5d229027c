package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// TestStatusOfVeryMany shows the networks that need somebody, and says of all
// the same as a full list would.
func TestStatusOfVeryMany(t *testing.T) {
	st := memory.New()
	ctx := t.Context()
	conditions := []state.Condition{state.OK, state.Limited, state.Failing, state.NeedsSignIn, state.Missing, state.Stalled}
	for i := range control.StatusMost + 200 {
		id := fmt.Sprintf("n%05d", i)
		if err := st.AddAccount(ctx, state.Account{ID: id, User: "me", Provider: "github", Name: id, RemoteID: id, CreatedAt: noon}); err != nil {
			t.Fatal(err)
		}
		n := state.Network{ID: id, AccountID: id, Service: "github", CreatedAt: noon.Add(-time.Hour), Paused: i%100 == 7}
		if i%10 == 0 {
			n.Condition = conditions[i/10%len(conditions)]
		}
		if err := st.AddNetworks(ctx, []state.Network{n}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "x", Now: noon, Until: noon.Add(time.Minute), N: 30, Services: map[string]int{"github": 30}}); err != nil {
		t.Fatal(err)
	}
	a := newApp(nil, nil, nil, nil)
	a.now = func() time.Time { return noon }
	v, err := (&control.Panel{Store: st, Connectors: a.offers}).Status(ctx, store.Filter{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	full, err := (&control.Panel{Store: st, Connectors: a.offers}).Status(ctx, store.Filter{User: "me"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if v.Summary != full.Summary || v.Unlisted != control.StatusMost+200-control.TroubleMost || len(full.Networks) != control.StatusMost+200 || full.Unlisted != 0 {
		t.Errorf("%d are not listed; the summary is %+v, of all listed it is %+v", v.Unlisted, v.Summary, full.Summary)
	}
	if len(v.Networks) != control.TroubleMost || !v.Networks[0].NeedsYou {
		t.Errorf("%d are listed, the first %+v", len(v.Networks), v.Networks[0])
	}
	for _, failOn := range []string{"error", "waiting"} {
		if got, want := verdict(v, failOn), verdict(full, failOn); fmt.Sprint(got) != fmt.Sprint(want) || want == nil {
			t.Errorf("--fail-on=%s: %v, of all listed %v", failOn, got, want)
		}
	}
	counted := v
	counted.Networks = nil // what is not listed is judged too, also by a command to which it was told
	text, err := json.Marshal(counted)
	if err != nil {
		t.Fatal(err)
	}
	var told statusView
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	if got, want := verdict(told, "error"), verdict(full, "error"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("--fail-on, told over HTTP: %v, of all listed %v", got, want)
	}
	var b strings.Builder
	a.drawStatus(&b, v, 0)
	for _, want := range []string{"1,150 other networks", "1,200 networks:"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
}
