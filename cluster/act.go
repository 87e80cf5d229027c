package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// act makes the moves that are due.
func (m *Member) act(ctx context.Context) {
	m.mu.Lock()
	s := standing{
		id: m.id, registered: m.seen, draining: m.draining, leads: m.term != 0,
		busy: map[string]int64{}, taking: m.taking,
	}
	for id, h := range m.busy {
		s.busy[id] = h.revision
	}
	todo := plan(m.view, m.roster.list(), s)
	for _, id := range todo.stop {
		m.busy[id].cancel()
		delete(m.busy, id)
	}
	for _, t := range todo.start {
		work, cancel := context.WithCancel(ctx)
		m.busy[t.ID] = &inHand{t.revision, cancel}
		m.work.Go(func() { m.do(work, t) })
	}
	for _, r := range todo.take {
		m.taking[r.ID] = true
		leading, term := m.leading, m.term
		m.work.Go(func() { m.take(leading, r, term) })
	}
	lease := m.lease
	m.mu.Unlock()
	if todo.campaign && (m.Stands == nil || m.Stands()) {
		m.campaign(ctx, lease)
	}
	for _, t := range todo.reassign {
		if err := m.hand(ctx, t.Task, Unchanged(taskKeys+t.ID, t.revision)); err != nil && ctx.Err() == nil {
			m.Log.Info("a task waits for somebody who does it", "task", t.ID, "kind", t.Kind, "err", err)
		}
	}
}

// campaign makes itself leader unless somebody is. Who won, the watch tells.
func (m *Member) campaign(ctx context.Context, lease LeaseID) {
	ctx, cancel := context.WithTimeout(ctx, m.wait())
	defer cancel()
	_, err := m.registry.Commit(ctx, Txn{
		If:   []Guard{Absent(leaderKey)},
		Then: []Op{{Key: leaderKey, Value: []byte(m.id), Lease: lease}},
	})
	if err != nil && ctx.Err() == nil {
		m.Log.Debug("standing for election", "err", err)
	}
}

// do does a task and answers, unless the task was meanwhile given to another one.
func (m *Member) do(ctx context.Context, t handed) {
	started := time.Now()
	reply, err := m.handle(ctx, t.Task)
	if ctx.Err() != nil {
		return // somebody else does it
	}
	value, err := encode(answer(t.Task, reply, err, started, time.Now()))
	if err != nil { // the handler's answer is no JSON
		value, _ = encode(answer(t.Task, nil, err, started, time.Now()))
	}
	reached := m.insist(ctx, Txn{
		If:   []Guard{Unchanged(taskKeys+t.ID, t.revision)},
		Then: []Op{{Key: resultKeys + t.ID, Value: value}, {Key: taskKeys + t.ID, Delete: true}},
	})
	if !reached && ctx.Err() == nil {
		m.Log.Info("an answer came too late: the task was given to another member, or had been answered", "task", t.ID)
	}
}

func (m *Member) handle(ctx context.Context, t Task) (json.RawMessage, error) {
	h := m.Tasks[t.Kind]
	if h == nil {
		return nil, fmt.Errorf("%w: %s", ErrNobody, t.Kind)
	}
	return h(ctx, t)
}

// take gives a result to the leader's own code, then strikes it.
func (m *Member) take(ctx context.Context, r Result, term int64) {
	if err := m.Results(ctx, r); err != nil {
		if ctx.Err() != nil {
			return
		}
		m.Log.Warn("the result of a task could not be taken; it is kept and tried again", "task", r.ID, "err", err)
		pause := time.NewTimer(m.retry())
		defer pause.Stop()
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		m.mu.Lock()
		if m.term == term {
			delete(m.taking, r.ID)
		}
		m.mu.Unlock()
		return
	}
	m.insist(ctx, Txn{If: []Guard{MadeAt(leaderKey, term)}, Then: []Op{{Key: resultKeys + r.ID, Delete: true}}})
}

// insist commits until the registry has answered or ctx ends. False says that a
// guard did not hold, which after an answer that was lost may mean that it is done.
func (m *Member) insist(ctx context.Context, t Txn) bool {
	for {
		calling, cancel := context.WithTimeout(ctx, m.wait())
		ok, err := m.registry.Commit(calling, t)
		cancel()
		if err == nil {
			return ok
		}
		pause := time.NewTimer(m.retry())
		select {
		case <-ctx.Done():
			pause.Stop()
			return false
		case <-pause.C:
		}
	}
}

// Submit hands a task to one member: ErrNotLeader from who does not lead, ErrNobody
// when no member does such tasks, ErrTaken while a task of this id is under way or
// its result has not been taken, ErrTooLarge. The answer comes to Config.Results of
// whoever leads then, at least once. After another error the task may have been
// handed out.
func (m *Member) Submit(ctx context.Context, id, kind string, payload json.RawMessage) error {
	return m.hand(ctx, Task{ID: id, Kind: kind, Payload: payload}, Absent(taskKeys+id), Absent(resultKeys+id))
}

// hand gives a task to a member that Balance chooses, if this one leads and the
// guards hold.
func (m *Member) hand(ctx context.Context, t Task, guards ...Guard) error {
	m.mu.Lock()
	term := m.term
	can := candidates(t, m.roster.list(), m.id)
	open := m.view.open()
	m.mu.Unlock()
	if term == 0 {
		return ErrNotLeader
	}
	if len(can) == 0 {
		return fmt.Errorf("%w: %s", ErrNobody, t.Kind)
	}
	t.Executor, t.Term = m.Balance(t, can, open), term
	t.Handed++
	value, err := t.encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.wait())
	defer cancel()
	ok, err := m.registry.Commit(ctx, Txn{
		If:   append(guards, MadeAt(leaderKey, term)),
		Then: []Op{{Key: taskKeys + t.ID, Value: value}},
	})
	switch {
	case err != nil:
		return fmt.Errorf("handing out task %s: %w", t.ID, err)
	case ok:
		return nil
	}
	now, err := Look(ctx, m.registry)
	switch {
	case err != nil:
		return err
	case now.Term != term:
		return ErrNotLeader
	}
	return ErrTaken
}
