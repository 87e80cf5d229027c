package notify

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"collector/deliver/webhook"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// world is a store with networks, and addresses that take messages.
type world struct {
	*testing.T
	st    *faulty
	ids   []string
	hooks *webhook.Memory

	mu   sync.Mutex
	room error
	got  []sent
	send func(n int, to string) error // what comes of the n-th send, from 1; nil: it goes well
	n    int
}

// sent is a message that an address took.
type sent struct {
	at time.Time
	to string
	Message
}

// faulty fails to write where it is told so.
type faulty struct {
	store.Store
	refuses atomic.Pointer[error]
	takes   time.Duration // to read a value: so instances of the same rhythm all read before one writes
}

func (f *faulty) Meta(ctx context.Context, key string) (string, error) {
	text, err := f.Store.Meta(ctx, key)
	time.Sleep(f.takes) // in the time of synctest
	return text, err
}

func (f *faulty) refuse(err error) {
	if err == nil {
		f.refuses.Store(nil)
		return
	}
	f.refuses.Store(&err)
}

func (f *faulty) SwapMeta(ctx context.Context, key, old, value string) (bool, error) {
	if err := f.refuses.Load(); err != nil {
		return false, *err
	}
	return f.Store.SwapMeta(ctx, key, old, value)
}

func newWorld(t *testing.T, networks int) *world {
	st, err := memory.Open(t.Context(), "", store.Options{Owner: "a", Lease: time.Hour, Now: time.Now})
	w := &world{T: t, st: &faulty{Store: st}, hooks: webhook.NewMemory()}
	w.must(err)
	t.Cleanup(func() { st.Close() })
	w.must(st.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", RemoteID: "1", Name: "octo", CreatedAt: time.Now()}))
	var all []state.Network
	for i := range networks {
		n := state.Network{ID: fmt.Sprintf("n%04d", i), AccountID: "acc", User: "me", Service: "github", Provider: "github", CreatedAt: time.Now(), Params: map[string]string{"list": fmt.Sprint(i)}}
		all = append(all, n)
		w.ids = append(w.ids, n.ID)
	}
	w.must(st.AddNetworks(t.Context(), all))
	for _, id := range w.ids {
		w.set(id, state.OK)
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// change gives a network another progress, as a run does.
func (w *world) change(id string, fn func(*state.Progress)) state.Network {
	w.Helper()
	now := time.Now()
	got, err := w.st.Claim(w.Context(), state.Claim{Network: id, Owner: "a", Now: now, Until: now.Add(time.Minute)})
	w.must(err)
	if len(got) != 1 {
		w.Fatalf("%d networks claimed", len(got))
	}
	p := got[0].Progress
	p.Mode, p.ScheduledTo = state.Normal, now.Add(time.Hour)
	fn(&p)
	w.must(w.st.Release(w.Context(), got[0].Lease, p))
	n, err := w.st.Network(w.Context(), id)
	w.must(err)
	return n
}

// set gives a network another condition.
func (w *world) set(id string, c state.Condition) {
	w.Helper()
	w.change(id, func(p *state.Progress) {
		p.Condition, p.LastError = c, "it failed"
		if c == state.OK {
			p.LastError, p.LastOKAt = "", time.Now()
		}
	})
}

func (w *world) full() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.room
}

func (w *world) fill(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room = err
}

// service is an instance; change bends its configuration.
func (w *world) service(owner string, change func(*Config)) *Service {
	c := Config{
		Store: w.st, Addresses: []Address{{Name: "ntfy", service: "ntfy"}}, Gap: 15 * time.Minute, Leads: func() bool { return true },
		Next: func(n state.Network) string { return "collector connect " + n.Service }, Owner: owner, Host: "here", Grace: 20 * time.Second,
		Room: w.full, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Hooks: func(ctx context.Context) ([]webhook.Record, error) { return webhook.All(ctx, w.hooks) },
		Send: func(_ context.Context, a Address, m Message) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.n++
			if w.send != nil {
				if err := w.send(w.n, a.Name); err != nil {
					return err
				}
			}
			w.got = append(w.got, sent{time.Now(), a.Name, m})
			return nil
		},
	}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// start runs an instance until the function that it returns is called.
func (w *world) start(s *Service) (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// takes returns the messages since the last call, and fails where they are not so many.
func (w *world) takes(want int, words ...string) []sent {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.got
	w.got = nil
	if len(got) != want {
		w.Fatalf("%d messages, wanted %d: %+v", len(got), want, got)
	}
	for _, word := range words {
		if text := fmt.Sprint(got); !strings.Contains(text, word) {
			w.Errorf("%q is not told: %s", word, text)
		}
	}
	return got
}
