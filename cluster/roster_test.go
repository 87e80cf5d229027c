package cluster

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func memberEntry(id string, load int) Entry {
	b, _ := json.Marshal(Peer{ID: id, Load: load})
	return Entry{Key: memberKeys + id, Value: b}
}

// story tells events in short.
func story(events []Event) string {
	var out []string
	for _, e := range events {
		s := string(e.Kind) + " " + e.Peer.ID
		if e.Kind == Init {
			s = fmt.Sprint("init ", len(e.Members))
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestRoster(t *testing.T) {
	var sure time.Time
	later := noon.Add(time.Minute)
	gone := func(id string) Change { return Change{Entry: Entry{Key: memberKeys + id}, Deleted: true} }
	is := func(id string, load int) Change { return Change{Entry: memberEntry(id, load)} }
	r := newRoster()
	for _, step := range []struct {
		what string
		do   func() []Event
		want string
	}{
		{"the first list is one event", func() []Event {
			return r.relist([]Entry{memberEntry("a", 0), memberEntry("b", 0), {Key: leaderKey}}, sure)
		}, "init 2"},
		{"nothing new", func() []Event { return r.relist([]Entry{memberEntry("a", 0), memberEntry("b", 0)}, sure) }, ""},
		{"one comes", func() []Event { return r.apply(is("c", 0), sure) }, "added c"},
		{"one tells of itself", func() []Event { return r.apply(is("c", 3), sure) }, "changed c"},
		{"the same again", func() []Event { return r.apply(is("c", 3), sure) }, ""},
		{"another key", func() []Event { return r.apply(Change{Entry: Entry{Key: taskKeys + "x"}}, sure) }, ""},
		{"one goes", func() []Event { return r.apply(gone("c"), sure) }, "removed c"},
		{"and goes again", func() []Event { return r.apply(gone("c"), sure) }, ""},
		{"a list without one", func() []Event { return r.relist([]Entry{memberEntry("a", 0), memberEntry("d", 0)}, sure) }, "added d, removed b"},
		{"in doubt nobody goes", func() []Event { return r.relist(nil, later) }, ""},
		{"a second doubt is no later one", func() []Event { return r.apply(gone("a"), later.Add(time.Hour)) }, ""},
		{"before its end", func() []Event { return r.settle(later.Add(-1), false) }, ""},
		{"one registers again", func() []Event { return r.apply(is("a", 0), sure) }, ""},
		{"at its end the other one goes", func() []Event { return r.settle(later, false) }, "removed d"},
		{"in doubt again", func() []Event { return r.apply(gone("a"), later) }, ""},
		{"it is sure before the end", func() []Event { return r.settle(noon, true) }, "removed a"},
		{"a newer version's entry is a member", func() []Event {
			return r.apply(Change{Entry: Entry{Key: memberKeys + "new", Value: []byte(`{"id":7}`)}}, sure)
		}, "added new"},
	} {
		if got := story(step.do()); got != step.want {
			t.Errorf("%s: %q, want %q", step.what, got, step.want)
		}
	}
	if all := r.list(); len(all) != 1 || all[0].ID != "new" {
		t.Errorf("members at the end: %+v", all)
	}
}

// TestPeerEqual: every field that is told to others makes a change.
func TestPeerEqual(t *testing.T) {
	base := Peer{ID: "a", Kinds: []string{"x"}, Started: noon}
	for what, p := range map[string]Peer{
		"load": {ID: "a", Kinds: []string{"x"}, Started: noon, Load: 1}, "kinds": {ID: "a", Kinds: []string{"y"}, Started: noon},
		"start": {ID: "a", Kinds: []string{"x"}, Started: noon.Add(1)}, "address": {ID: "a", Kinds: []string{"x"}, Started: noon, Address: "b"},
		"draining": {ID: "a", Kinds: []string{"x"}, Started: noon, Draining: true},
	} {
		if base.equal(p) {
			t.Errorf("another %s is no change", what)
		}
	}
	same := base
	same.Started = noon.In(time.FixedZone("elsewhere", 3600))
	if !base.equal(same) {
		t.Error("the same moment in another zone is a change")
	}
}
