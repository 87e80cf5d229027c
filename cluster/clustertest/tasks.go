package clustertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"collector/cluster"
)

var tasks = []promise{
	{"TaskIsDoneByOneAndAnswered", taskDone},
	{"TaskWithoutAnybodyIsRefused", taskNobody},
	{"FailureOfATaskIsItsResult", taskFails},
	{"TasksAreSpread", taskSpread},
	{"TaskOfADeadMemberIsReassigned", taskReassigned},
	{"LateAnswerChangesNothing", taskLate},
	{"DeadLeaderLosesNoResult", resultKept},
	{"NewLeaderReassigns", newLeaderReassigns},
	{"DeposedLeaderHandsNothingOut", deposed},
}

func taskDone(k *kit) {
	nodes := k.led(3, handles(func(_ context.Context, n *node, t cluster.Task) (json.RawMessage, error) {
		return json.RawMessage(fmt.Sprintf(`{"by":%q,"of":%s}`, n.id, t.Payload)), nil
	}))
	if err := nodes[1].Submit(k.ctx, "one", "work", nil); !errors.Is(err, cluster.ErrNotLeader) {
		k.Errorf("handed out by who does not lead: %v", err)
	}
	k.must(nodes[0].Submit(k.ctx, "one", "work", json.RawMessage(`42`)))
	k.until("the leader has the result", func() bool { return len(nodes[0].results()) == 1 })
	r := nodes[0].results()[0]
	if r.ID != "one" || r.Kind != "work" || r.Executor == nodes[0].id || r.Error != "" || r.Finished.Before(r.Started) || r.Started.IsZero() || r.Handed != 1 ||
		string(r.Answer) != fmt.Sprintf(`{"by":%q,"of":42}`, r.Executor) {
		k.Errorf("result %+v, answer %s", r, r.Answer)
	}
	k.until("nothing is left of it", func() bool { return len(k.keys(nodes[0].line)) == 4 })
	k.until("its id is free again", func() bool { return nodes[0].Submit(k.ctx, "one", "work", nil) == nil })
}

func taskNobody(k *kit) {
	nodes := k.led(2)
	if err := nodes[0].Submit(k.ctx, "one", "work", nil); !errors.Is(err, cluster.ErrNobody) {
		k.Errorf("a task that nobody does: %v", err)
	}
	large := json.RawMessage(`"` + strings.Repeat("x", cluster.MaxPayload) + `"`)
	able := k.join(handles(func(context.Context, *node, cluster.Task) (json.RawMessage, error) { return large, nil }))
	k.until("somebody does it", func() bool { return nodes[0].toldOf(cluster.Added, able.id) })
	if err := nodes[0].Submit(k.ctx, "large", "work", large); !errors.Is(err, cluster.ErrTooLarge) {
		k.Errorf("a payload of %d bytes: %v", len(large), err)
	}
	k.must(nodes[0].Submit(k.ctx, "one", "work", nil))
	k.until("it is answered", func() bool { return len(nodes[0].results()) == 1 })
	if r := nodes[0].results()[0]; !strings.Contains(r.Error, cluster.ErrTooLarge.Error()) || len(r.Answer) != 0 {
		k.Errorf("an answer that is too large came as %q, %d bytes", r.Error, len(r.Answer))
	}
}

func taskFails(k *kit) {
	nodes := k.led(2, handles(func(_ context.Context, _ *node, t cluster.Task) (json.RawMessage, error) {
		if t.ID == "odd" {
			return json.RawMessage(`{`), nil
		}
		return nil, errors.New("no wood")
	}))
	nodes[0].mu.Lock()
	nodes[0].refuse = true
	nodes[0].mu.Unlock()
	k.must(nodes[0].Submit(k.ctx, "one", "work", nil))
	k.until("it is answered", func() bool { p, err := cluster.Look(k.ctx, nodes[0].line); return err == nil && p.Results == 1 })
	if err := nodes[0].Submit(k.ctx, "one", "work", nil); !errors.Is(err, cluster.ErrTaken) {
		k.Errorf("the same id while its result waits: %v", err)
	}
	nodes[0].mu.Lock()
	nodes[0].refuse = false
	nodes[0].mu.Unlock()
	k.until("a result that was not taken is given again", func() bool { return len(nodes[0].results()) == 1 })
	k.same(nodes[0].results()[0].Error, "no wood", "what came of it")
	k.must(nodes[0].Submit(k.ctx, "odd", "work", nil))
	k.until("an answer that is no JSON is a failure", func() bool { return len(nodes[0].results()) == 2 })
	if r := nodes[0].results()[1]; r.Error == "" {
		k.Errorf("no JSON came as %+v", r)
	}
}

func taskSpread(k *kit) {
	hold := make(chan struct{})
	var begun atomic.Int64
	nodes := k.led(4, handles(func(ctx context.Context, n *node, _ cluster.Task) (json.RawMessage, error) {
		begun.Add(1)
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return quoted(n), nil
	}))
	for i := range 9 {
		k.must(nodes[0].Submit(k.ctx, fmt.Sprint(i), "work", nil))
		k.until("somebody is at it", func() bool { return begun.Load() >= int64(i+1) })
		k.pass(k.TTL / 20) // it has come to the leader too, who counts it
	}
	close(hold)
	k.until("all are answered", func() bool { return len(nodes[0].results()) == 9 })
	by := map[string]int{}
	for _, r := range nodes[0].results() {
		by[r.Executor]++
	}
	if len(by) != 3 || by[nodes[0].id] != 0 {
		k.Errorf("done by %v; the leader is %s", by, nodes[0].id)
	}
	for id, n := range by {
		if n < 2 || n > 4 {
			k.Errorf("%s did %d of 9", id, n)
		}
	}
}

func taskReassigned(k *kit) {
	s := newStuck()
	nodes := k.led(3, handles(s.handle))
	k.must(nodes[0].Submit(k.ctx, "one", "work", nil))
	k.until("somebody is at it", func() bool { return len(s.at()) == 1 })
	first := s.at()[0]
	pick(nodes, first).kill()
	k.until("another one is at it", func() bool { return len(s.at()) == 2 })
	s.free(s.other(first))
	k.until("it is answered", func() bool { return len(nodes[0].results()) == 1 })
	if r := nodes[0].results()[0]; r.Executor == first || r.Handed != 2 || string(r.Answer) != fmt.Sprintf("%q", r.Executor) {
		k.Errorf("%s died, and the result is %+v", first, r)
	}
}

// taskLate: who was taken for dead, and has not heard of it, answers after the task
// was given to another.
func taskLate(k *kit) {
	s := newStuck()
	nodes := k.led(3, handles(s.handle))
	k.must(nodes[0].Submit(k.ctx, "one", "work", nil))
	k.until("somebody is at it", func() bool { return len(s.at()) == 1 })
	first := s.at()[0]
	pick(nodes, first).line.deafen(true)
	k.commit(nodes[0].line, cluster.Txn{Then: []cluster.Op{{Key: "members/" + first, Delete: true}}})
	k.until("another one is at it", func() bool { return len(s.at()) == 2 })
	s.free(first)
	k.pass(k.TTL / 2)
	if n := len(nodes[0].results()); n != 0 {
		k.Errorf("%s was late, and there are %d results", first, n)
	}
	s.free(s.other(first))
	k.until("it is answered", func() bool { return len(nodes[0].results()) >= 1 })
	k.pass(k.TTL / 2)
	if all := nodes[0].results(); len(all) != 1 || string(all[0].Answer) != fmt.Sprintf("%q", s.other(first)) {
		k.Errorf("%s was late, and the results are %+v", first, all)
	}
}

// resultKept: the leader dies with a result that it has not taken.
func resultKept(k *kit) {
	nodes := k.led(3, handles(func(_ context.Context, n *node, _ cluster.Task) (json.RawMessage, error) { return quoted(n), nil }))
	nodes[0].mu.Lock()
	nodes[0].refuse = true
	nodes[0].mu.Unlock()
	for i := range 3 {
		k.must(nodes[0].Submit(k.ctx, fmt.Sprint(i), "work", nil))
	}
	k.until("all are answered", func() bool { p, err := cluster.Look(k.ctx, nodes[1].line); return err == nil && p.Results == 3 })
	nodes[0].kill()
	k.until("the next leader takes them", func() bool { return len(nodes[1].results())+len(nodes[2].results()) == 3 })
	k.until("nothing is left of them", func() bool { p, err := cluster.Look(k.ctx, nodes[1].line); return err == nil && p.Results == 0 })
}

// newLeaderReassigns: the leader and the one at work die together.
func newLeaderReassigns(k *kit) {
	s := newStuck()
	nodes := k.led(4, handles(s.handle))
	k.must(nodes[0].Submit(k.ctx, "one", "work", nil))
	k.until("somebody is at it", func() bool { return len(s.at()) == 1 })
	first := s.at()[0]
	pick(nodes, first).line.cut()
	nodes[0].kill()
	pick(nodes, first).kill()
	k.until("another one is at it", func() bool { return len(s.at()) == 2 })
	s.free(s.other(first))
	taken := func() (n int) {
		for _, one := range nodes {
			n += len(one.results())
		}
		return n
	}
	k.until("it is answered", func() bool { return taken() == 1 })
}

// deposed: a leader that did not hear of its end changes nothing.
func deposed(k *kit) {
	nodes := k.led(2, handles(func(_ context.Context, n *node, _ cluster.Task) (json.RawMessage, error) { return quoted(n), nil }))
	old, next := nodes[0], nodes[1]
	old.line.deafen(true)
	k.commit(next.line, cluster.Txn{Then: []cluster.Op{{Key: "leader", Delete: true}}})
	k.until("the other one leads", func() bool { return next.Leads() })
	if !old.Leads() {
		k.Fatal("the old leader heard of it: the test shows nothing")
	}
	if err := old.Submit(k.ctx, "late", "work", nil); !errors.Is(err, cluster.ErrNotLeader) {
		k.Errorf("the old leader handed out a task: %v", err)
	}
	k.pass(k.TTL / 4)
	if len(next.results())+len(old.results()) != 0 {
		k.Error("a task of the old leader was done")
	}
	k.must(next.Submit(k.ctx, "now", "work", nil))
}
