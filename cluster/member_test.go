package cluster

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"
)

// TestRelistAfterRegisteringAgain: after an outage in which all registrations ended
// who registers first does not take the others for dead; after a time it does.
func TestRelistAfterRegisteringAgain(t *testing.T) {
	for _, c := range []struct {
		what    string
		trust   time.Duration // from now, until the others have had time
		removed int
	}{{"at once", time.Hour, 0}, {"after a lease", -time.Second, 1}} {
		removed := 0
		m := New(Config{
			Self: func() Peer { return Peer{ID: "a"} }, Log: slog.New(slog.DiscardHandler),
			On: func(e Event) {
				if e.Kind == Removed {
					removed++
				}
			},
		}, nil)
		mine := memberEntry("a", 0)
		m.learn(news{listed: true, entries: []Entry{mine, memberEntry("b", 0)}})
		mine.Lease, m.lease = 7, 7
		m.trust = time.Now().Add(c.trust)
		m.learn(news{listed: true, entries: []Entry{mine}})
		if removed != c.removed || len(m.Members()) != 2-c.removed {
			t.Errorf("%s: %d removed, %d members", c.what, removed, len(m.Members()))
		}
	}
}

// TestLeftIsToldOnce, to whose duty it is, and not of who came back.
func TestLeftIsToldOnce(t *testing.T) {
	m := New(Config{Self: func() Peer { return Peer{ID: "a"} }, Log: slog.New(slog.DiscardHandler)}, nil)
	m.lease, m.seen = 7, true
	m.view[leaderKey] = Entry{Key: leaderKey, Value: []byte("b"), Lease: 8, Created: 3}
	m.emit(Event{Kind: Removed, Peer: Peer{ID: "x"}}, Event{Kind: Removed, Peer: Peer{ID: "y"}}, Event{Kind: Added, Peer: Peer{ID: "y"}})
	if got := m.Left(); got != nil {
		t.Errorf("told to one whose duty it is not: %v", got)
	}
	delete(m.view, leaderKey) // nobody is known to lead
	if got := m.Left(); len(got) != 1 || got[0] != "x" {
		t.Errorf("told %v, want x", got)
	}
	if got := m.Left(); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
	select {
	case <-m.Stir():
	default:
		t.Error("nobody was waked")
	}
}

// TestReadyOnceTheRegistryAnswered: whoever waits for it is registered, or knows that
// the registry does not answer.
func TestReadyOnceTheRegistryAnswered(t *testing.T) {
	r := silent{asked: make(chan struct{}), answer: make(chan struct{})}
	m := New(Config{Self: func() Peer { return Peer{ID: "a"} }, Log: slog.New(slog.DiscardHandler)}, r)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	<-r.asked
	select {
	case <-m.Ready():
		t.Error("ready before the registry answered")
	default:
	}
	close(r.answer)
	<-m.Ready()
	<-m.Settled()
	if !m.Lost() {
		t.Error("ready, and neither registered nor lost")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// silent is a registry that cannot be reached: asked is closed at the first call, and
// that fails once answer is closed.
type silent struct {
	Registry
	asked, answer chan struct{}
}

var errSilent = errors.New("nobody answers")

func (s silent) Grant(context.Context, time.Duration) (LeaseID, time.Duration, error) {
	select {
	case <-s.answer: // not the first call
	default:
		close(s.asked)
		<-s.answer
	}
	return 0, 0, errSilent
}

func (silent) List(context.Context) ([]Entry, int64, error) { return nil, 0, errSilent }

// TestSettled: who waits for it knows whether this one leads, or that it will not.
func TestSettled(t *testing.T) {
	leader := Entry{Key: leaderKey, Value: []byte("b"), Lease: 8, Created: 3}
	alone := news{listed: true, entries: []Entry{memberEntry("a", 0)}}
	for what, next := range map[string]news{
		"another one leads":    {changes: []Change{{Entry: leader}}},
		"it is listed":         {listed: true, entries: []Entry{memberEntry("a", 0), leader}},
		"it is asked to leave": {changes: []Change{{Entry: Entry{Key: drainKeys + "a"}}}},
	} {
		m := New(Config{Self: func() Peer { return Peer{ID: "a"} }, Log: slog.New(slog.DiscardHandler)}, nil)
		m.learn(alone)
		select {
		case <-m.Settled():
			t.Errorf("%s: settled while nobody leads", what)
		default:
		}
		m.learn(next)
		select {
		case <-m.Settled():
		default:
			t.Errorf("%s: not settled", what)
		}
	}
}
