package cluster

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// view is all keys but those of members, as last seen.
type view map[string]Entry

// relist replaces what was seen.
func (v view) relist(entries []Entry) {
	clear(v)
	for _, e := range entries {
		if !strings.HasPrefix(e.Key, memberKeys) {
			v[e.Key] = e
		}
	}
}

func (v view) apply(c Change) {
	switch {
	case strings.HasPrefix(c.Key, memberKeys):
	case c.Deleted:
		delete(v, c.Key)
	default:
		v[c.Key] = c.Entry
	}
}

// handed is a task and the revision that handed it out.
type handed struct {
	Task
	revision int64
}

// below returns the values of the keys that begin with a prefix, in order; what
// cannot be read is left to whoever wrote it.
func below[T any](v view, prefix string, each func(T, Entry)) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		var t T
		if json.Unmarshal(v[key].Value, &t) == nil {
			each(t, v[key])
		}
	}
}

func (v view) tasks() []handed {
	var out []handed
	below(v, taskKeys, func(t Task, e Entry) { out = append(out, handed{t, e.Modified}) })
	return out
}

func (v view) results() []Result {
	var out []Result
	below(v, resultKeys, func(r Result, _ Entry) { out = append(out, r) })
	return out
}

// open counts the unanswered tasks of each member.
func (v view) open() map[string]int {
	out := map[string]int{}
	for _, t := range v.tasks() {
		out[t.Executor]++
	}
	return out
}

// standing is what a member knows of itself.
type standing struct {
	id         string
	registered bool
	draining   bool
	leads      bool
	busy       map[string]int64 // tasks in hand, with the revision that handed each out
	taking     map[string]bool  // results in hand
}

// moves is what a member has to do next.
type moves struct {
	campaign bool
	start    []handed // tasks that are this one's
	stop     []string // tasks in hand that are no more
	reassign []handed // the leader: tasks whose executor is gone
	take     []Result // the leader: results
}

// plan compares what is with what should be. It is pure, and planning twice does
// no harm: each move is guarded by the revision of what was seen.
func plan(v view, members []Peer, s standing) moves {
	var m moves
	if !s.registered {
		return m
	}
	_, led := v[leaderKey]
	m.campaign = !led && !s.draining
	mine := map[string]int64{}
	for _, t := range v.tasks() {
		if t.Executor == s.id {
			mine[t.ID] = t.revision
			if rev, in := s.busy[t.ID]; !in || rev != t.revision {
				m.start = append(m.start, t)
			}
			continue
		}
		there := slices.ContainsFunc(members, func(p Peer) bool { return p.ID == t.Executor })
		if s.leads && !there {
			m.reassign = append(m.reassign, t)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.busy), cmp.Compare[string]) {
		if rev, still := mine[id]; !still || rev != s.busy[id] {
			m.stop = append(m.stop, id)
		}
	}
	if s.leads {
		for _, r := range v.results() {
			if !s.taking[r.ID] {
				m.take = append(m.take, r)
			}
		}
	}
	return m
}
