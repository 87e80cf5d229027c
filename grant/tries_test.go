package grant

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// guess is the nth wrong text, in the right form.
func guess(n int) string {
	s := newSecret(Token)
	return s[:3] + fmt.Sprintf("%06d", n) + s[9:]
}

// tried counts how many of many wrong texts are looked up, one every step.
func (w *world) tried(from func(i int) netip.Addr, many int, step time.Duration) (looked int) {
	w.Helper()
	for i := range many {
		_, err := w.Service.Who(w.Context(), w.now, from(i), Token, guess(i))
		switch {
		case errors.Is(err, ErrVoid):
			looked++
		case !errors.Is(err, ErrTooMany):
			w.Fatal(err)
		}
		w.now = w.now.Add(step)
	}
	return looked
}

func always(a netip.Addr) func(int) netip.Addr { return func(int) netip.Addr { return a } }

// TestTenTriesAMinute: from one address, whatever is tried, in one second or in ten
// minutes.
func TestTenTriesAMinute(t *testing.T) {
	w := newWorld(t)
	if n := w.tried(always(home), 200, 0); n != 10 {
		t.Errorf("%d tries at once", n)
	}
	if n := w.tried(always(other), 200, 0); n != 10 {
		t.Errorf("%d tries from another address", n)
	}
	w.now = noon.Add(10 * time.Minute)
	if n := w.tried(always(home), 3000, 200*time.Millisecond); n < 100 || n > 110 {
		t.Errorf("%d tries in ten minutes", n)
	}
	// Links count as well, and texts that cannot be any.
	for i := range 20 {
		_, _, err := w.Enter(t.Context(), w.now, netip.MustParseAddr("192.0.2.9"), fmt.Sprint("wrong ", i), "")
		if want := i < 10; want != errors.Is(err, ErrVoid) || want == errors.Is(err, ErrTooMany) {
			t.Errorf("try %d: %v", i, err)
		}
	}
}

// TestARightTextIsNotFoundByTrying: what is beyond the bound is not looked up, also where
// it would be right.
func TestARightTextIsNotFoundByTrying(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.made(Operator(), Ask{Kind: Token, Scopes: []Scope{Read}})
	w.tried(always(home), 20, 0)
	if who, err := w.Who(t.Context(), w.now, home, Token, secret); !errors.Is(err, ErrTooMany) {
		t.Errorf("it was looked up: %+v, %v", who, err)
	}
	w.now = w.now.Add(tryEvery)
	w.in(Token, secret)
}

// TestOneNetworkIsOnePlace: a customer's network of IPv6 has no more tries than an address,
// nor has an address in another form.
func TestOneNetworkIsOnePlace(t *testing.T) {
	w := newWorld(t)
	n := w.tried(func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2:%x::1%%eth%d", i, i)) }, 100, 0)
	if n != 10 {
		t.Errorf("%d tries from a network", n)
	}
	n = w.tried(func(i int) netip.Addr {
		return []netip.Addr{home, netip.AddrFrom16(home.As16())}[i%2]
	}, 100, 0)
	if n != 10 {
		t.Errorf("%d tries from an address in two forms", n)
	}
	if n := w.tried(always(netip.Addr{}), 100, 0); n != 10 {
		t.Errorf("%d tries over a socket", n)
	}
}

// TestManyAddressesFillNoMemory, and the bound is not passed by having them forgotten.
func TestManyAddressesFillNoMemory(t *testing.T) {
	w := newWorld(t)
	many := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range maxPlaces {
		w.place(noon, placeOf(many(i))).left.AllowN(noon, 1)
	}
	if n := w.tried(func(i int) netip.Addr { return many(maxPlaces + i) }, 100, 0); n != 10 {
		t.Errorf("%d tries from 100 addresses beyond the bound", n)
	}
	if n := len(w.tries.places); n > maxPlaces+1 {
		t.Errorf("%d addresses are kept", n)
	}
	w.now = noon.Add(time.Hour)
	if n := w.tried(func(i int) netip.Addr { return many(2*maxPlaces + i) }, 100, 0); n != 100 {
		t.Errorf("%d tries of 100 addresses an hour later", n)
	}
	if n := len(w.tries.places); n > 101 {
		t.Errorf("%d addresses are kept", n)
	}
}

// TestAFullTableCostsLittle: where all places are taken they are gone over once in a while,
// not for each address that asks, while all others wait.
func TestAFullTableCostsLittle(t *testing.T) {
	w := newWorld(t)
	many := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range maxPlaces {
		w.place(noon, placeOf(many(i))).left.AllowN(noon, 1)
	}
	for _, c := range []struct {
		at   time.Duration
		full bool
	}{{tryEvery - time.Second, true}, {tryEvery + time.Second, true}, {2*tryEvery - time.Second, false}} {
		w.place(noon.Add(c.at), placeOf(other))
		if n := len(w.tries.places); (n >= maxPlaces) != c.full {
			t.Errorf("%s later %d are kept", c.at, n)
		}
	}
}

func (w *world) place(now time.Time, at netip.Prefix) *place { return w.tries.place(now, at) }

// TestNobodyIsLockedOutByANeighbour: who was let in goes on being let in while somebody
// tries from the same address, as all do behind one proxy; and what is revoked is void all
// the same.
func TestNobodyIsLockedOutByANeighbour(t *testing.T) {
	w := newWorld(t)
	session, who := w.signedIn("anna", Read)
	w.tried(always(home), 300, time.Second)
	w.tried(always(home), 50, 0)
	for range 50 {
		w.in(Session, session)
	}
	if _, err := w.Revoke(t.Context(), who, who.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.Who(t.Context(), w.now, home, Session, session); !errors.Is(err, ErrVoid) {
		t.Errorf("revoked: %v", err)
	}
}

// TestManyRequestsAtOnceAreOneTry: a browser asks for all of a page at once, also of a
// collector that has just been started and knows nobody.
func TestManyRequestsAtOnceAreOneTry(t *testing.T) {
	w := newWorld(t)
	session, _ := w.signedIn("anna", Read)
	hold, looked := make(chan struct{}), make(chan struct{}, 100)
	w.Service = New(&held{w.st, hold, looked}, w.log)
	ends := make(chan error, 50)
	for range cap(ends) {
		go func() {
			_, err := w.Service.Who(t.Context(), noon, home, Session, session)
			ends <- err
		}()
	}
	for range cap(ends) { // each has begun before the first has ended
		select {
		case <-looked:
		case err := <-ends:
			t.Fatalf("one was not looked up: %v", err)
		}
	}
	close(hold)
	for range cap(ends) {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	if n := w.tried(always(home), 50, 0); n != 10 {
		t.Errorf("%d tries are left", n)
	}
}

// held is a store that answers when it is let.
type held struct {
	*Memory
	hold   chan struct{}
	looked chan struct{}
}

func (s *held) Find(ctx context.Context, h Hash) (Record, error) {
	s.looked <- struct{}{}
	<-s.hold
	return s.Memory.Find(ctx, h)
}

// TestAnOldCookieUsesUpNoTries: a browser sends the cookie of a session that has ended with
// each request, and can sign in anew.
func TestAnOldCookieUsesUpNoTries(t *testing.T) {
	w := newWorld(t)
	old, _ := w.signedIn("anna", Read)
	w.now = noon.Add(SessionFor)
	for range 100 {
		if _, err := w.Service.Who(t.Context(), w.now, home, Session, old); !errors.Is(err, ErrVoid) {
			t.Fatal(err)
		}
	}
	w.signedIn("anna", Read)
}

// failing is a store that cannot be read, note or add.
type failing struct {
	*Memory
	find, note, add error
}

func (f *failing) Find(ctx context.Context, h Hash) (Record, error) {
	if f.find != nil {
		return Record{}, f.find
	}
	return f.Memory.Find(ctx, h)
}

func (f *failing) Add(ctx context.Context, r Record) error {
	if f.add != nil {
		return f.add
	}
	return f.Memory.Add(ctx, r)
}

func (f *failing) Note(ctx context.Context, h Hash, at time.Time) error {
	if f.note != nil {
		return f.note
	}
	return f.Memory.Note(ctx, h, at)
}

// TestAFailingStoreLetsNobodyIn, counts nobody's tries, and is no reason to send somebody
// away whose use alone cannot be noted.
func TestAFailingStoreLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	f := &failing{Memory: w.st}
	w.Service = New(f, w.log)
	secret, _ := w.made(Operator(), Ask{Kind: Token, Scopes: []Scope{Read}})
	f.find = errors.New("the disk fails")
	for range 50 {
		if who, err := w.Service.Who(t.Context(), noon, home, Token, secret); !errors.Is(err, f.find) || who.Kind != "" {
			t.Fatalf("%+v, %v", who, err)
		}
	}
	f.find, f.note = nil, errors.New("the disk is full")
	w.in(Token, secret)
	f.note = nil
	w.in(Token, secret)
	r, err := f.Find(t.Context(), HashOf(secret))
	if err != nil || !r.UsedAt.Equal(noon) {
		t.Errorf("used at %s, %v", r.UsedAt, err)
	}
	w.now = noon.Add(noteAfter - 1) // one write an hour
	w.in(Token, secret)
	if r, _ := f.Find(t.Context(), HashOf(secret)); !r.UsedAt.Equal(noon) {
		t.Errorf("used at %s", r.UsedAt)
	}
}
