package cluster

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func taskEntry(id, executor string, revision int64) Entry {
	b, _ := json.Marshal(Task{ID: id, Kind: "work", Executor: executor})
	return Entry{Key: taskKeys + id, Value: b, Modified: revision}
}

func viewOf(entries ...Entry) view {
	v := view{}
	v.relist(entries)
	return v
}

func TestPlan(t *testing.T) {
	leader := Entry{Key: leaderKey, Value: []byte("a"), Created: 5}
	result, _ := json.Marshal(Result{Task: Task{ID: "r"}})
	all := viewOf(leader, taskEntry("1", "a", 10), taskEntry("2", "b", 11), taskEntry("3", "dead", 12),
		Entry{Key: resultKeys + "r", Value: result}, Entry{Key: taskKeys + "odd", Value: []byte("{")}, Entry{Key: memberKeys + "a"})
	members := []Peer{{ID: "a"}, {ID: "b"}}
	none := map[string]int64{}
	for what, c := range map[string]struct {
		v    view
		s    standing
		want string
	}{
		"not registered does nothing":            {all, standing{id: "a", leads: true, busy: none}, "campaign false start [] stop [] reassign [] take []"},
		"nobody leads":                           {viewOf(), standing{id: "a", registered: true, busy: none}, "campaign true start [] stop [] reassign [] take []"},
		"who drains does not stand":              {viewOf(), standing{id: "a", registered: true, draining: true, busy: none}, "campaign false start [] stop [] reassign [] take []"},
		"the leader, all at once":                {all, standing{id: "a", registered: true, leads: true, busy: none}, "campaign false start [1@10] stop [] reassign [3@12] take [r]"},
		"a member does its own":                  {all, standing{id: "b", registered: true, busy: none}, "campaign false start [2@11] stop [] reassign [] take []"},
		"what is in hand is not begun again":     {all, standing{id: "b", registered: true, busy: map[string]int64{"2": 11}}, "campaign false start [] stop [] reassign [] take []"},
		"handed out again, it is begun again":    {all, standing{id: "b", registered: true, busy: map[string]int64{"2": 9}}, "campaign false start [2@11] stop [2] reassign [] take []"},
		"what is no more, or another's, is left": {all, standing{id: "b", registered: true, busy: map[string]int64{"2": 11, "1": 10, "9": 3}}, "campaign false start [] stop [1 9] reassign [] take []"},
		"a result in hand is not taken twice":    {all, standing{id: "a", registered: true, leads: true, busy: map[string]int64{"1": 10}, taking: map[string]bool{"r": true}}, "campaign false start [] stop [] reassign [3@12] take []"},
	} {
		m := plan(c.v, members, c.s)
		names := func(ts []handed) (out []string) {
			for _, one := range ts {
				out = append(out, fmt.Sprintf("%s@%d", one.ID, one.revision))
			}
			return out
		}
		var take []string
		for _, r := range m.take {
			take = append(take, r.ID)
		}
		got := fmt.Sprintf("campaign %v start %v stop %v reassign %v take %v", m.campaign, names(m.start), m.stop, names(m.reassign), take)
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, c.want)
		}
	}
}

// TestViewFollowsChanges: a view that follows changes is the one that lists.
func TestViewFollowsChanges(t *testing.T) {
	v := viewOf(taskEntry("1", "a", 1))
	for _, c := range []Change{
		{Entry: taskEntry("2", "b", 2)},
		{Entry: taskEntry("1", "b", 3)},
		{Entry: Entry{Key: memberKeys + "x", Modified: 4}},
		{Entry: Entry{Key: taskKeys + "2", Modified: 5}, Deleted: true},
		{Entry: Entry{Key: leaderKey, Created: 6, Modified: 6}},
	} {
		v.apply(c)
	}
	if want := viewOf(taskEntry("1", "b", 3), Entry{Key: leaderKey, Created: 6, Modified: 6}); !reflect.DeepEqual(v, want) {
		t.Errorf("followed %v, listed %v", v, want)
	}
	if got := v.open(); !reflect.DeepEqual(got, map[string]int{"b": 1}) {
		t.Errorf("open tasks: %v", got)
	}
}

func TestCandidates(t *testing.T) {
	work := []string{"work"}
	task := Task{ID: "1", Kind: "work"}
	for what, c := range map[string]struct {
		members []Peer
		want    []string
	}{
		"all but the leader":         {[]Peer{{ID: "l", Kinds: work}, {ID: "a", Kinds: work}, {ID: "b", Kinds: work}}, []string{"a", "b"}},
		"the leader where it must":   {[]Peer{{ID: "l", Kinds: work}, {ID: "a", Kinds: []string{"other"}}}, []string{"l"}},
		"nobody who leaves":          {[]Peer{{ID: "l", Kinds: work}, {ID: "a", Kinds: work, Draining: true}}, []string{"l"}},
		"nobody":                     {[]Peer{{ID: "l"}, {ID: "a"}}, nil},
		"nobody but who drains":      {[]Peer{{ID: "l", Kinds: work, Draining: true}}, nil},
		"without members, also none": {nil, nil},
	} {
		var got []string
		for _, p := range candidates(task, c.members, "l") {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

func TestLeastLoaded(t *testing.T) {
	a, b, c := Peer{ID: "a", Load: 5}, Peer{ID: "b", Load: 2}, Peer{ID: "c", Load: 9}
	for what, try := range map[string]struct {
		open map[string]int
		want string
	}{
		"the least in work":          {nil, "b"},
		"fewer tasks come first":     {map[string]int{"a": 1, "b": 1}, "c"},
		"then the least in work":     {map[string]int{"a": 2, "b": 2, "c": 2}, "b"},
		"an unknown member counts 0": {map[string]int{"b": 1, "c": 1, "x": 7}, "a"},
	} {
		if got := LeastLoaded(Task{ID: "1"}, []Peer{a, b, c}, try.open); got != try.want {
			t.Errorf("%s: %s, want %s", what, got, try.want)
		}
	}
	turns := map[string]int{}
	for i := range 300 {
		task := Task{ID: fmt.Sprint(i)}
		peers := []Peer{{ID: "a"}, {ID: "b"}, {ID: "c"}}
		got := LeastLoaded(task, peers, nil)
		slices.Reverse(peers)
		if again := LeastLoaded(task, peers, nil); again != got {
			t.Fatalf("the same task went to %s and to %s", got, again)
		}
		turns[got]++
	}
	for id, n := range turns {
		if n < 60 || n > 140 {
			t.Errorf("%s had %d of 300 turns", id, n)
		}
	}
}

// Of a result the payload is not sent back, and a failure always has words.
func TestAnswer(t *testing.T) {
	task := Task{ID: "1", Payload: json.RawMessage(`"large"`)}
	r := answer(task, json.RawMessage(`1`), nil, noon, noon)
	if r.Payload != nil || r.Error != "" || string(r.Answer) != "1" || string(task.Payload) != `"large"` {
		t.Errorf("answer %+v", r)
	}
	if r := answer(task, make(json.RawMessage, MaxPayload+1), nil, noon, noon); r.Answer != nil || r.Error == "" {
		t.Errorf("too large: %d bytes, %q", len(r.Answer), r.Error)
	}
	if _, err := (Task{Payload: make(json.RawMessage, MaxPayload+1)}).encode(); err == nil {
		t.Error("a payload that is too large was taken")
	}
}
