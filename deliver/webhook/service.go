package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"collector/auth"
	"collector/queue"
	"collector/store"
)

// Workers is how many calls may be under way at once, to all endpoints together.
const Workers = 100

// look is how often the change log and the list of endpoints are looked at by default.
const look = time.Second

// Post makes one call and returns the status and the Retry-After of the answer:
// fetch.Client.Post.
type Post func(ctx context.Context, address string, header http.Header, body []byte) (status int, retryAfter string, err error)

// Config is what a Service works with.
type Config struct {
	Store store.Items
	// Endpoints opens the store of endpoints; nil while none was ever added.
	Endpoints func(context.Context) (Store, error)
	// Open opens the store of jobs, when the first endpoint is there.
	Open  func(context.Context) (queue.Store, func() error, error)
	Post  Post
	Ring  *auth.Keyring
	Know  func(account string, c auth.Credential) // tells the scrubber of secrets
	Item  func(store.Liked) (json.RawMessage, error)
	Leads func() bool // whether this process is the one that delivers
	// Look is how often the change log and the list of endpoints are looked at; 0 is a second.
	Look  time.Duration
	Hush  *queue.Hush // while it is on no call is claimed; nil: never
	Owner string
	Lease time.Duration
	Grace time.Duration
	// Finish has Run, when its context has ended, send what is due before it returns, within
	// Grace: for a process that comes and goes.
	Finish bool
	Now    func() time.Time
	Log    *slog.Logger
}

// Service delivers.
type Service struct {
	c     Config
	reads *reads

	hooks    Store // of Run; nil: not opened yet
	revision int64 // of what was read; -1: nothing

	mu      sync.Mutex
	all     map[string]Endpoint
	damaged map[string]bool // those whose rows cannot be read, by id
	healths map[string]Health
	unsaved map[string]bool // healths that are not written yet
	turns   map[string]*turns
	cache   map[string]opened
	master  *queue.Master
}

// opened are secrets that were unsealed, and what they were sealed as.
type opened struct {
	sealed string
	auth.Credential
}

// New returns a service that does nothing yet.
func New(c Config) *Service {
	if c.Look == 0 {
		c.Look = look
	}
	return &Service{c: c, reads: newReads(c.Store), revision: -1, all: map[string]Endpoint{}, healths: map[string]Health{}, unsaved: map[string]bool{}, turns: map[string]*turns{}, cache: map[string]opened{}}
}

// Workers returns what each worker does now.
func (s *Service) Workers() []queue.Worker {
	s.mu.Lock()
	m := s.master
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	return m.Workers()
}

// InHand is how many calls are under way here, of how many may be, and how many leases are held;
// all 0 where another process delivers.
func (s *Service) InHand() (running, of, leases int) {
	s.mu.Lock()
	m := s.master
	s.mu.Unlock()
	if m == nil {
		return 0, 0, 0
	}
	running, leases = m.InHand()
	return running, Workers, leases
}

// Run delivers until ctx ends. While there is no endpoint, or another process delivers,
// it only looks at the list.
func (s *Service) Run(ctx context.Context) {
	t := time.NewTicker(s.c.Look)
	defer t.Stop()
	for ctx.Err() == nil {
		if err := s.refresh(ctx); err != nil {
			s.warn(ctx, "reading the webhooks", err)
		} else if len(s.lanes()) > 0 && s.c.Leads() {
			if err := s.lead(ctx, t); err != nil {
				s.warn(ctx, "delivering webhooks", err)
			}
		}
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	if s.c.Finish {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.c.Grace)
		defer cancel()
		if err := s.finish(last); err != nil {
			s.warn(last, "delivering webhooks", err)
		}
	}
}

// finish sends what is due.
func (s *Service) finish(ctx context.Context) (err error) {
	s.anew()
	if err := s.refresh(ctx); err != nil || len(s.lanes()) == 0 || !s.c.Leads() {
		return err
	}
	jobs, closing, err := s.c.Open(ctx)
	if err != nil {
		return fmt.Errorf("opening the jobs of webhooks: %w", err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	r := newRelay(s.c.Store, s.hooks, jobs)
	for s.round(ctx, r) && ctx.Err() == nil && s.c.Leads() {
	}
	hold := holding{jobs: jobs}
	if err := hold.set(ctx, s.resting()); err != nil {
		return err
	}
	m, stop, err := s.start(ctx, jobs, s.lanes())
	if err != nil {
		return err
	}
	err = m.Drain(ctx)
	stop()
	return errors.Join(err, s.save(context.WithoutCancel(ctx)))
}

func (s *Service) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		s.c.Log.Warn(what, "err", err)
	}
}

// lead delivers while this process is the one that does.
func (s *Service) lead(ctx context.Context, t *time.Ticker) (err error) {
	jobs, closing, err := s.c.Open(ctx)
	if err != nil {
		return fmt.Errorf("opening the jobs of webhooks: %w", err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	s.anew()
	r := newRelay(s.c.Store, s.hooks, jobs)
	crew := crew{s: s, jobs: jobs, leaving: map[string]bool{}}
	defer func() {
		crew.end()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, s.save(last))
	}()
	hold := holding{jobs: jobs}
	for ctx.Err() == nil && s.c.Leads() {
		if err := s.refresh(ctx); err != nil {
			s.warn(ctx, "reading the webhooks", err)
		} else if err := crew.follow(ctx); err != nil {
			return err
		}
		if err := hold.set(ctx, s.resting()); err != nil {
			s.warn(ctx, "delivering webhooks", err)
		}
		more := s.round(ctx, r)
		if err := s.save(ctx); err != nil {
			s.warn(ctx, "noting how webhooks went", err)
		}
		if more {
			continue
		}
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// anew has refresh read everything again: another process may have delivered meanwhile.
func (s *Service) anew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision, s.healths, s.unsaved = -1, map[string]Health{}, map[string]bool{}
}

// refresh reads the endpoints if any was changed since, and the health of those that are
// new to this process.
func (s *Service) refresh(ctx context.Context) (err error) {
	if s.hooks == nil {
		if s.hooks, err = s.c.Endpoints(ctx); err != nil || s.hooks == nil {
			s.hooks = nil
			return err
		}
	}
	revision, err := s.hooks.Revision(ctx) // before the list: what is changed meanwhile is seen the next time
	if err != nil || revision == s.revision {
		return err
	}
	list, err := Listed(ctx, s.hooks)
	if err != nil {
		return err
	}
	damaged := map[string]bool{}
	list = slices.DeleteFunc(list, func(r Record) bool {
		if r.Damaged != nil {
			damaged[r.ID] = true
			s.c.Log.Error("a webhook cannot be read, and is not called; what it misses waits", "webhook", r.ID, "err", r.Damaged)
		}
		return r.Damaged != nil
	})
	s.revision = revision
	s.mu.Lock()
	defer s.mu.Unlock()
	all, healths := map[string]Endpoint{}, map[string]Health{}
	for _, r := range list {
		all[r.ID], healths[r.ID] = r.Endpoint, r.Health.Of(r.Endpoint)
		if h, known := s.healths[r.ID]; known {
			healths[r.ID] = h
		}
	}
	s.all, s.damaged, s.healths = all, damaged, healths
	maps.DeleteFunc(s.turns, func(id string, _ *turns) bool { return all[id].ID == "" })
	maps.DeleteFunc(s.cache, func(id string, _ opened) bool { return all[id].ID == "" })
	return nil
}

// lanes are the queues that the master is to have, by the ids of their endpoints.
func (s *Service) lanes() []queue.Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]queue.Queue, 0, len(s.all))
	for _, id := range slices.Sorted(maps.Keys(s.all)) {
		out = append(out, lane(s.all[id], len(s.all)))
	}
	return out
}

// lane is the queue of one of so many endpoints. Servers that do not answer would hold all
// workers for as long as a call may take, so each endpoint has one of its own, or, where
// there are too many for that, none has more than a quarter of them.
func lane(e Endpoint, of int) queue.Queue {
	q := queue.Queue{Name: e.queueName(), Max: e.Parallel}
	if of <= Workers/2 {
		q.Reserved = 1
	} else {
		q.Max = min(q.Max, Workers/4)
	}
	return q
}

// start runs the workers on the queues. stop ends them, and waits.
func (s *Service) start(ctx context.Context, jobs queue.Store, queues []queue.Queue) (m *queue.Master, stop func(), err error) {
	m, err = queue.New(queue.Config{
		Store: jobs, Queues: queues, Handlers: []queue.Handler{deliveries.Handle(s.handle)}, Workers: Workers,
		Owner: s.c.Owner, Lease: s.c.Lease, Poll: 2 * s.c.Look, Grace: s.c.Grace, Now: s.c.Now, Log: s.c.Log,
		Hush: s.c.Hush,
	})
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	s.master = m
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := m.Run(ctx); err != nil {
			s.c.Log.Warn("delivering webhooks", "err", err)
		}
	}()
	return m, func() {
		cancel()
		<-ended
		s.mu.Lock()
		s.master = nil
		s.mu.Unlock()
	}, nil
}

// round queues the next part of what is new for each endpoint that is called, so that one
// with a long backlog holds up no other. It returns whether there is more for any.
func (s *Service) round(ctx context.Context, r *relay) (more bool) {
	last, err := s.c.Store.LastChange(ctx)
	if err != nil {
		s.warn(ctx, "reading the change log", err)
		return false
	}
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.all))
	maps.DeleteFunc(r.places, func(id string, _ Place) bool { return s.all[id].ID == "" })
	maps.DeleteFunc(r.noted, func(id string, _ time.Time) bool { return s.all[id].ID == "" })
	s.mu.Unlock()
	for _, e := range all {
		if e.Paused || s.health(e).Stopped != "" {
			continue // its place stays; the log keeps what it misses
		}
		if ctx.Err() != nil || !s.c.Leads() {
			return false
		}
		n, err := r.step(ctx, e, last, s.c.Now())
		if err != nil {
			s.warn(ctx, "queueing for webhook "+e.ID, err)
		}
		more = more || n > 0 || errors.Is(err, errMissed) // what the log still holds comes at once
	}
	return more
}

func (s *Service) endpoint(id string) (Endpoint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.all[id]
	return e, known
}

func (s *Service) isDamaged(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damaged[id]
}

func (s *Service) health(e Endpoint) Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.healths[e.ID].Of(e)
}

// note keeps how a call went; it is written with the next round.
func (s *Service) note(e Endpoint, v verdict) {
	s.mu.Lock()
	before := s.healths[e.ID].Of(e)
	after := before.after(v, s.c.Now())
	s.healths[e.ID], s.unsaved[e.ID] = after, true
	s.mu.Unlock()
	if before.Stopped == "" && after.Stopped != "" {
		s.c.Log.Error("a webhook is not called any more; what it misses waits", "webhook", e.ID, "host", host(e.URL), "why", after.Stopped,
			"next", "collector webhooks resume "+e.ID)
	}
}

// save writes how calls went.
func (s *Service) save(ctx context.Context) error {
	s.mu.Lock()
	var notes []Note
	for id := range s.unsaved {
		if h, there := s.healths[id]; there {
			notes = append(notes, Note{ID: id, Health: &h})
		}
	}
	clear(s.unsaved)
	s.mu.Unlock()
	if len(notes) == 0 {
		return nil
	}
	err := s.hooks.Note(ctx, notes)
	if err != nil {
		s.mu.Lock()
		for _, n := range notes {
			s.unsaved[n.ID] = true
		}
		s.mu.Unlock()
	}
	return err
}

// secrets returns the secrets of an endpoint, unsealed once.
func (s *Service) secrets(e Endpoint) (auth.Credential, error) {
	s.mu.Lock()
	have, ok := s.cache[e.ID]
	s.mu.Unlock()
	if ok && have.sealed == string(e.Secret.Sealed) {
		return have.Credential, nil
	}
	c, err := Unseal(s.c.Ring, e)
	if err != nil {
		return c, err
	}
	s.c.Know(account(e.ID), c)
	s.mu.Lock()
	s.cache[e.ID] = opened{string(e.Secret.Sealed), c}
	s.mu.Unlock()
	return c, nil
}
