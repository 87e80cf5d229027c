package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"collector/deliver/webhook"
	"collector/state"
	"collector/store"
)

const (
	tick   = 5 * time.Second
	every  = 15 * time.Second // between two looks, and 20 times what the last one took
	gather = time.Minute      // from the first change to its message, so that what breaks together is told together
	again  = 10 * time.Minute // until it is logged once more that something does not work
	broken = time.Minute      // that a store must refuse to be written until that is told
)

// Config is what a Service works with.
type Config struct {
	Store     store.Store
	Addresses []Address
	Send      func(context.Context, Address, Message) error   // Sender.Send
	Kinds     []string                                        // what is told of, of Kinds; none: Usual
	Gap       time.Duration                                   // between two messages, at least
	Leads     func() bool                                     // whether this instance looks for all; several may
	Room      func() error                                    // why the disk has no room, or nil; may be nil
	Next      func(state.Network) string                      // what to do about a network's last error
	Hooks     func(context.Context) ([]webhook.Record, error) // all webhooks
	Owner     string                                          // instance id
	Host      string                                          // name of this machine, for people
	// Finish has Run, when its context has ended, tell what is to be told before it
	// returns, within Grace: for a process that comes and goes.
	Finish bool
	Grace  time.Duration
	Now    func() time.Time
	Log    *slog.Logger
}

// Service looks, tells and sends. Nothing waits for it.
type Service struct {
	c Config

	mu     sync.Mutex
	heard  map[string]fact // by runs of this process; not in the notebook yet
	unable time.Time       // since when the store refuses to be written; zero while it does not

	// Used by Run alone.
	surveyed bool
	next     time.Time // look
	first    time.Time // of the changes that no message has told
	urgent   *letter   // about a store that cannot note it
	cried    bool      // that the store refuses
	warned   map[string]time.Time
}

// New returns a service that does nothing yet.
func New(c Config) *Service {
	if len(c.Kinds) == 0 {
		c.Kinds = Usual()
	}
	return &Service{c: c, heard: map[string]fact{}, warned: map[string]time.Time{}}
}

func (s *Service) tells(kind string) bool { return slices.Contains(s.c.Kinds, kind) }

// Ran takes notice of a network after a run; history says that its history is read.
func (s *Service) Ran(n state.Network, history bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if withheld(n) && s.tells(ofRemovals) {
		s.heard[ofASweep+n.ID] = braked(n)
	}
	if history && s.tells(ofBackfill) {
		s.heard[ofAHistory+n.ID] = fact{Kind: ofBackfill, Name: networkName(n), What: "is read as a whole; from now on it is polled"}
	}
}

// Wrote takes notice of how a small write to the store went.
func (s *Service) Wrote(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.unable = time.Time{}
	case s.unable.IsZero():
		s.unable = s.c.Now()
	}
}

// Run works until ctx ends.
func (s *Service) Run(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for ctx.Err() == nil {
		s.round(ctx, false)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(s.c.Grace, time.Second))
	defer cancel()
	if s.c.Finish {
		s.round(last, true)
		return
	}
	s.check(last, "noting what happened", s.settle(last))
}

// check logs what does not work, and again after a while, not with each round.
func (s *Service) check(ctx context.Context, what string, err error) {
	now := s.c.Now()
	if err == nil || ctx.Err() != nil || now.Sub(s.warned[what]) < again {
		return
	}
	s.warned[what] = now
	s.c.Log.Warn("notifications: "+what, "err", err)
}

func (s *Service) round(ctx context.Context, last bool) {
	if s.cry(ctx) {
		return // the store refuses: what follows would only say so again
	}
	s.check(ctx, "noting what happened", s.settle(ctx))
	if !s.c.Leads() {
		return
	}
	s.check(ctx, "looking for what is to be told", s.tell(ctx, last))
	s.check(ctx, "sending", s.deliver(ctx))
}

// settle writes what this process heard into the notebook, for whoever tells it.
func (s *Service) settle(ctx context.Context) error {
	s.mu.Lock()
	heard := maps.Clone(s.heard)
	s.mu.Unlock()
	if len(heard) == 0 {
		return nil
	}
	err := update(ctx, s.c.Store, func(n *notebook) bool {
		news := false
		for key, f := range heard {
			if _, told := n.Told[key]; !told && n.Heard[key] != f {
				n.Heard[key], news = f, true
			}
		}
		return news
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, f := range heard {
		if s.heard[key] == f {
			delete(s.heard, key)
		}
	}
	return nil
}

// tell looks, and makes a message of what has changed since the last one.
func (s *Service) tell(ctx context.Context, last bool) error {
	now := s.c.Now()
	if now.Before(s.next) && !last {
		return nil
	}
	if !s.surveyed {
		if err := s.survey(ctx); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		s.surveyed = true
	}
	nb, _, err := read(ctx, s.c.Store)
	if err != nil {
		return err
	}
	found, err := s.look(ctx, nb, now)
	s.next = now.Add(max(every, 20*s.c.Now().Sub(now)))
	if err != nil {
		return err
	}
	changes, _ := differ(nb.Told, found)
	if len(changes) == 0 {
		s.first = time.Time{}
		if len(nb.Heard) == 0 && !anyOf(nb.Told, found.quiet) {
			return nil
		}
	} else {
		s.first = cmp.Or(s.first, now)
		if now.Sub(s.first) < gather && !last || s.tooSoon(nb, now) {
			return nil
		}
	}
	made := false
	err = update(ctx, s.c.Store, func(n *notebook) bool {
		changes, after := differ(n.Told, found)
		if made = len(changes) > 0; made && s.tooSoon(*n, now) {
			made = false
			return false // another instance has told something meanwhile
		}
		n.Told = after
		for key := range nb.Heard {
			delete(n.Heard, key)
		}
		if made {
			n.At = now
			n.Out = append(n.Out, s.letter(compose(changes), now))
			n.Out = n.Out[max(0, len(n.Out)-most):]
		}
		return true
	})
	if err == nil && made {
		s.first = time.Time{}
	}
	return err
}

// tooSoon says that the last message is not long ago. A clock that was ahead when it was
// made bars nothing.
func (s *Service) tooSoon(nb notebook, now time.Time) bool {
	since := now.Sub(nb.At)
	return since >= 0 && since < s.c.Gap
}

func anyOf(told map[string]fact, quiet map[string]bool) bool {
	for key := range told {
		if quiet[key] {
			return true
		}
	}
	return false
}

// letter is a message to all addresses.
func (s *Service) letter(m Message, now time.Time) letter {
	l := letter{ID: rand.Text()[:10], Message: m, Made: now, To: map[string]try{}}
	for _, a := range s.c.Addresses {
		l.To[a.Name] = try{}
	}
	return l
}

// deliver sends the letters that are due and that nobody else has in hand.
func (s *Service) deliver(ctx context.Context) error {
	nb, _, err := read(ctx, s.c.Store)
	if err != nil {
		return err
	}
	for _, l := range nb.Out {
		if err := s.post(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// post takes one letter in hand, sends it, and notes how that went.
func (s *Service) post(ctx context.Context, l letter) error {
	now := s.c.Now()
	if !s.due(l, now) {
		return nil
	}
	mine, err := s.onLetter(ctx, l.ID, func(have *letter) bool {
		if !s.due(*have, now) {
			return false
		}
		have.By, have.Until = s.c.Owner, now.Add(time.Minute+time.Duration(len(s.c.Addresses))*patience)
		l = *have
		l.To = maps.Clone(have.To)
		return true
	})
	if err != nil || !mine {
		return err
	}
	s.attempt(ctx, &l, now)
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // also of what is stopped: it was sent
	defer cancel()
	_, err = s.onLetter(noting, l.ID, func(have *letter) bool {
		have.To, have.Until = l.To, now
		return true
	})
	return err
}

// due says whether a letter has an address whose time has come, and is in no other hand.
func (s *Service) due(l letter, now time.Time) bool {
	if l.By != s.c.Owner && l.Until.After(now) {
		return false
	}
	for _, t := range l.To {
		if !t.Next.After(now) {
			return true
		}
	}
	return len(l.To) == 0
}

// onLetter changes one letter of the notebook, and says whether it did: it may be gone by
// then, or fn may leave it. One that is for nobody any more goes.
func (s *Service) onLetter(ctx context.Context, id string, fn func(*letter) bool) (done bool, err error) {
	err = update(ctx, s.c.Store, func(n *notebook) bool {
		i := slices.IndexFunc(n.Out, func(l letter) bool { return l.ID == id })
		if done = i >= 0 && fn(&n.Out[i]); !done {
			return false
		}
		if len(n.Out[i].To) == 0 {
			n.Out = slices.Delete(n.Out, i, i+1)
		}
		return true
	})
	return done && err == nil, err
}

// attempt sends a letter to each address whose time has come, and strikes out those that
// have got it and those that are given up.
func (s *Service) attempt(ctx context.Context, l *letter, now time.Time) {
	for name, t := range l.To {
		i := slices.IndexFunc(s.c.Addresses, func(a Address) bool { return a.Name == name })
		if i < 0 {
			delete(l.To, name) // it is not configured any more
			continue
		}
		if t.Next.After(now) || ctx.Err() != nil {
			continue
		}
		err := s.c.Send(ctx, s.c.Addresses[i], l.Message)
		if err == nil {
			delete(l.To, name)
			s.c.Log.Info("told", "to", name, "what", l.Title)
			continue
		}
		if ctx.Err() != nil {
			return // it was cut off
		}
		next, more := t.after(s.c.Now())
		l.To[name] = next
		level, text := slog.LevelWarn, "a message was not sent; it is tried again"
		if !more {
			delete(l.To, name)
			level, text = slog.LevelError, "a message was not sent, and is given up; collector notify test tries the address"
		}
		args := []any{"to", name, "why", err.Error(), "try", t.N + 1}
		if f, ok := errors.AsType[*Failure](err); ok {
			args = append(args, "whose", f.Whose, "next", f.Next)
		}
		s.c.Log.Log(ctx, level, text, args...)
	}
}

// cry tells of a store that refuses to be written, which cannot be noted there: each
// process speaks for itself, once while it lasts. It says whether the store refuses.
func (s *Service) cry(ctx context.Context) bool {
	s.mu.Lock()
	unable, now := s.unable, s.c.Now()
	s.mu.Unlock()
	lasting := !unable.IsZero() && now.Sub(unable) >= broken
	if lasting != s.cried && s.tells(ofStore) && (lasting || unable.IsZero()) {
		s.cried = lasting
		c := change{fact: fact{Kind: ofStore, Name: "the store of collector on " + s.c.Host, What: refused, Next: "look at its disk or its server; collector status says more"}}
		if !lasting {
			c.Over = "takes what is to be stored again"
		}
		l := s.letter(compose([]change{c}), now)
		s.urgent = &l
	}
	if s.urgent != nil {
		s.attempt(ctx, s.urgent, now)
		if len(s.urgent.To) == 0 {
			s.urgent = nil
		}
	}
	return lasting
}
