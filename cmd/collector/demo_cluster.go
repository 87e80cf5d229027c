package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/cluster"
	"collector/cluster/solo"
	"collector/store"
)

// countTask is the kind of task that instances of the demo hand to each other.
const countTask = "count"

// troupe are several instances of the demo: real ones, over one file and with one
// registry, but in one process. A death is played: from one moment on nothing that
// the instance does reaches the file or the registry. The second one that enters has the
// pages, and lives: it stands for election once the leader has died, as the play has it.
type troupe struct {
	*demo
	hub *solo.Hub

	mu      sync.Mutex
	actors  map[string]*actor
	leader  *actor // who was elected last; nil before
	played  bool   // a leader has died
	made    int
	tasks   int
	gone    map[string]bool // whose end was told
	errs    []error
	playing sync.WaitGroup
}

// actor is one instance.
type actor struct {
	id     string
	shown  bool
	app    app
	end    context.CancelFunc
	mortal *mortal
	member func() *cluster.Member
}

// perform runs the instances until ctx ends.
func (d *demo) perform(ctx context.Context, st store.Store) error {
	t := &troupe{demo: d, hub: solo.New(), actors: map[string]*actor{}, gone: map[string]bool{}}
	connected := make(chan struct{})
	t.enter(ctx, func(cl *client) {
		d.keep = cl.keeper
		if err := d.connectAll(ctx, st); err != nil {
			t.fail(err)
		}
		close(connected)
	})
	select {
	case <-connected:
		for range d.instances - 1 {
			t.enter(ctx, nil)
		}
		t.play(ctx)
	case <-ctx.Done():
	}
	t.playing.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.errs...)
}

// fail ends the demo with an error.
func (t *troupe) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errs = append(t.errs, err)
	for _, a := range t.actors {
		a.end()
	}
}

// enter starts one more instance.
func (t *troupe) enter(ctx context.Context, ready func(*client)) {
	t.mu.Lock()
	t.made++
	a := &actor{id: fmt.Sprintf("instance-%d", t.made), shown: t.made == 2, app: *t.app, mortal: &mortal{Registry: t.hub}}
	ctx, a.end = context.WithCancel(ctx)
	t.actors[a.id] = a
	t.mu.Unlock()
	conf := *t.conf
	conf.Quiet, conf.LogLevel = true, "error" // the troupe tells what happens
	conf.ClusterTTL = 2 * time.Second
	a.app.conf, a.app.host, a.app.hub = &conf, a.id, a.mortal
	var shown func(string, ...any)
	if a.shown {
		shown = t.say
	}
	t.playing.Go(func() {
		defer a.end()
		err := a.app.opened(ctx, store.Options{Owner: a.id}, func(ctx context.Context, st store.Store) error {
			return a.app.collect(ctx, mortalStore{st, a.mortal}, collecting{
				owner: a.id, poll: t.pollTimes, transport: t.sim.Transport(), ready: ready, shown: shown,
				chores: func(c *cluster.Config, m func() *cluster.Member) { t.rehearse(a, st, c, m) },
			})
		})
		if err != nil && !a.mortal.isDead() {
			t.fail(err)
		}
	})
}

// rehearse tells an instance what to do as leader and as member.
func (t *troupe) rehearse(a *actor, st store.Store, c *cluster.Config, member func() *cluster.Member) {
	a.member = member
	if a.shown {
		c.Stands = func() bool { t.mu.Lock(); defer t.mu.Unlock(); return t.played }
	}
	c.On = func(e cluster.Event) { t.tell(a, e) }
	c.Tasks = map[string]cluster.Handler{countTask: func(ctx context.Context, task cluster.Task) (json.RawMessage, error) {
		if !wait(ctx, 2*time.Second) { // as if it were work
			return nil, ctx.Err()
		}
		tally, err := st.Tally(ctx, t.now())
		if err != nil {
			return nil, err
		}
		return json.Marshal(tally.Items)
	}}
	c.Results = func(_ context.Context, r cluster.Result) error {
		t.say("[cluster] %s has the result of %s: %s counted %s items%s", a.id, r.ID, r.Executor, r.Answer, again(r.Handed))
		return nil
	}
	c.Duties = []cluster.Duty{{Name: "hand out", Every: 3 * time.Second, Do: func(ctx context.Context) error {
		t.mu.Lock()
		t.tasks++
		id := fmt.Sprintf("task-%d", t.tasks)
		t.mu.Unlock()
		err := member().Submit(ctx, id, countTask, nil)
		switch {
		case errors.Is(err, cluster.ErrNobody):
			t.say("[cluster] %s has nobody to give %s to", a.id, id)
			return nil
		case err == nil:
			t.say("[cluster] %s hands out %s", a.id, id)
		}
		return err
	}}}
}

func again(handed int) string {
	if handed > 1 {
		return " (given to another one after a death)"
	}
	return ""
}

// tell says what an instance sees. What all of them see is told once.
func (t *troupe) tell(a *actor, e cluster.Event) {
	if a.mortal.isDead() {
		return
	}
	switch {
	case e.Kind == cluster.Promoted:
		t.mu.Lock()
		t.leader = a
		t.mu.Unlock()
		t.say("[cluster] %s was elected and leads, term %d", a.id, e.Term)
	case e.Kind == cluster.Demoted:
		t.say("[cluster] %s leads no more", a.id)
	case e.Kind == cluster.Added && a.member().Leads():
		t.say("[cluster] %s sees %s join", a.id, e.Peer.ID)
	case e.Kind == cluster.Removed:
		t.mu.Lock()
		told := t.gone[e.Peer.ID]
		t.gone[e.Peer.ID] = true
		t.mu.Unlock()
		if !told {
			t.say("[cluster] %s sees that %s is gone; what it had in hand is the others' at once", a.id, e.Peer.ID)
		}
	}
}

// play lets one that does not lead die, then one that leads, and others come.
func (t *troupe) play(ctx context.Context) {
	act := t.faster(8*time.Minute, 3*time.Second)
	for _, leads := range []bool{false, true} {
		if !t.gathered(ctx) || !wait(ctx, act) {
			return
		}
		if !t.die(leads) {
			continue
		}
		if !wait(ctx, act) {
			return
		}
		t.enter(ctx, nil)
	}
}

// gathered waits until one leads and sees all the others: on a slow machine a death may
// come before who was to see it. It is false where that will not be.
func (t *troupe) gathered(ctx context.Context) bool {
	for wait(ctx, 50*time.Millisecond) {
		t.mu.Lock()
		failed, leader, all := len(t.errs) > 0, t.leader, len(t.actors)
		t.mu.Unlock()
		switch {
		case failed:
			return false
		case leader != nil && leader.member().Leads() && len(leader.member().Members()) == all:
			return true
		}
	}
	return false
}

// die ends the life of one instance; false where none is there that may die.
func (t *troupe) die(leads bool) bool {
	t.mu.Lock()
	var victim *actor
	for _, a := range t.actors {
		if (a == t.leader) == leads && !a.shown {
			victim = a
		}
	}
	if victim == nil {
		t.mu.Unlock()
		return false
	}
	delete(t.actors, victim.id)
	t.played = t.played || leads
	t.mu.Unlock()
	role := "which does not lead"
	if leads {
		role = "the leader"
	}
	t.say("[cluster] %s, %s, dies (played: this is one process)", victim.id, role)
	victim.mortal.die()
	victim.end()
	return true
}

// mortal is a registry that a dead instance cannot reach: its lease runs out.
type mortal struct {
	cluster.Registry
	mu   sync.Mutex
	dead bool
}

var errDead = errors.New("this instance is dead")

func (m *mortal) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

func (m *mortal) Renew(ctx context.Context, l cluster.LeaseID) error {
	if m.isDead() {
		return errDead
	}
	return m.Registry.Renew(ctx, l)
}

func (m *mortal) Revoke(ctx context.Context, l cluster.LeaseID) error {
	if m.isDead() {
		return errDead
	}
	return m.Registry.Revoke(ctx, l)
}

func (m *mortal) Commit(ctx context.Context, t cluster.Txn) (bool, error) {
	if m.isDead() {
		return false, errDead
	}
	return m.Registry.Commit(ctx, t)
}
