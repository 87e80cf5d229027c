package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

// issuer is a provider whose refresh tokens work once, as GitHub's and
// Bluesky's do. It counts what it was asked.
type issuer struct {
	mu       sync.Mutex
	n        int // generation of the present pair
	asked    int
	reused   int // refresh tokens that came a second time
	omit     bool
	latency  time.Duration
	life     time.Duration
	down     bool
	revoked  bool
	lostNext bool // the next answer is lost on its way: the caller has died
}

var errLost = errors.New("killed before the answer was read")

func (i *issuer) pair() (access, refresh string) {
	if i.omit {
		return fmt.Sprint("access-", i.n), "refresh-0"
	}
	return fmt.Sprint("access-", i.n), fmt.Sprint("refresh-", i.n)
}

// send is the issuer as seen through the shared client.
func (i *issuer) send(ctx context.Context, _ Who, step providers.Step, c Credential) (connectors.Reply, error) {
	req, err := step.Request("https://s.example")
	if err != nil {
		return connectors.Reply{}, err
	}
	if strings.Contains(string(req.Body)+fmt.Sprint(req.Header), c.Refresh.Reveal()) {
		return connectors.Reply{}, errors.New("the step carries the secret itself")
	}
	if err := pause(ctx, i.latency); err != nil {
		return connectors.Reply{}, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	if i.down {
		return connectors.Reply{}, fault.New(fault.Temporary, "no connection")
	}
	if _, refresh := i.pair(); i.revoked || c.Refresh.Reveal() != refresh {
		i.reused++
		return connectors.Reply{Status: 200, Body: []byte(`{"error":"bad_refresh_token","error_description":"used: ` + c.Refresh.Reveal() + `"}`)}, nil
	}
	i.n++
	access, refresh := i.pair()
	if i.lostNext {
		i.lostNext = false
		return connectors.Reply{}, errLost
	}
	body := fmt.Sprintf(`{"access_token":%q,"refresh_token":%q,"expires_in":%d}`, access, refresh, int(i.life.Seconds()))
	if i.omit {
		body = fmt.Sprintf(`{"access_token":%q,"expires_in":%d}`, access, int(i.life.Seconds()))
	}
	return connectors.Reply{Status: 200, Body: []byte(body)}, nil
}

// good says whether a token signs at present.
func (i *issuer) good(c Opened) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	access, _ := i.pair()
	return c.Access.Reveal() == access
}

var octocat = Who{Account: "a1", Provider: "github", Name: "github/octocat", User: "me"}

func start(t *testing.T, v *vault, owner string) *Keeper {
	t.Helper()
	return NewKeeper(v, ringOf(t, keyA), Providers(), owner, time.Now)
}

func first(t *testing.T, k *Keeper, life time.Duration) {
	t.Helper()
	err := k.Put(t.Context(), "a1", Credential{
		Access: NewSecret("access-0"), Refresh: NewSecret("refresh-0"), ExpiresAt: time.Now().Add(life), IssuedAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestManyWorkersOnRotatingTokens: 64 workers in two processes, tokens of ten
// minutes whose refresh tokens work once, a day long: nobody ever signs with a
// token that the provider has replaced, and no refresh token is used twice.
func TestManyWorkersOnRotatingTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{latency: 300 * time.Millisecond, life: 10 * time.Minute}
		keepers := []*Keeper{start(t, v, "p1"), start(t, v, "p2")}
		first(t, keepers[0], 10*time.Minute)
		end := time.Now().Add(24 * time.Hour)
		var workers sync.WaitGroup
		var mu sync.Mutex
		signed := 0
		for w := range 64 {
			workers.Go(func() {
				k := keepers[w%2]
				for time.Now().Before(end) {
					c, err := k.Access(t.Context(), octocat, issue.send)
					if err != nil {
						t.Errorf("worker %d: %v", w, err)
						return
					}
					if !issue.good(c) { // it was replaced while we had it in hand: as after a 401
						c, found, err := k.Refused(t.Context(), octocat, c, issue.send)
						if err != nil || !found || !issue.good(c) {
							t.Errorf("worker %d has no good token: %v %v", w, found, err)
							return
						}
					}
					mu.Lock()
					signed++
					mu.Unlock()
					if err := pause(t.Context(), time.Minute+time.Duration(w)*time.Second/7); err != nil {
						return
					}
				}
			})
		}
		workers.Wait()
		if issue.reused != 0 {
			t.Errorf("%d refresh tokens were used twice", issue.reused)
		}
		if issue.n < 24*60/10 || issue.n > 24*60/10*3/2 {
			t.Errorf("%d refreshes in a day of tokens that live ten minutes", issue.n)
		}
		if signed < 64*1000 {
			t.Errorf("only %d calls were signed", signed)
		}
	})
}

// TestForcedRefreshRace: all workers of two processes see a 401 at once.
func TestForcedRefreshRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for round := range 50 {
			v := newVault()
			issue := &issuer{latency: time.Second, life: time.Hour}
			keepers := []*Keeper{start(t, v, "p1"), start(t, v, "p2")}
			first(t, keepers[0], time.Hour)
			used, err := keepers[0].Access(t.Context(), octocat, issue.send)
			if err != nil {
				t.Fatal(err)
			}
			var workers sync.WaitGroup
			for w := range 64 {
				workers.Go(func() {
					c, found, err := keepers[(w+round)%2].Refused(t.Context(), octocat, used, issue.send)
					if err != nil || !found || !issue.good(c) {
						t.Errorf("worker %d: %v %v", w, found, err)
					}
				})
			}
			workers.Wait()
			if issue.asked != 1 {
				t.Fatalf("%d refreshes for one refused token", issue.asked)
			}
		}
	})
}

// TestOldRefreshTokenStaysWhenNoneIsNamed is the provider that omits it.
func TestOldRefreshTokenStaysWhenNoneIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour, omit: true}
		k := start(t, v, "p1")
		first(t, k, time.Minute)
		for range 5 {
			c, err := k.Access(t.Context(), octocat, issue.send)
			if err != nil || !issue.good(c) || c.Refresh.Reveal() != "refresh-0" {
				t.Fatalf("refresh token kept: %v, %v", c.Refresh.Reveal() == "refresh-0", err)
			}
			if err := pause(t.Context(), 59*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if issue.n < 4 {
			t.Errorf("only %d refreshes", issue.n)
		}
	})
}

// TestKilledBetweenReceiveAndSave: the pair is lost with the process. The
// account must say that it needs its user, and never be silent.
func TestKilledBetweenReceiveAndSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour, lostNext: true}
		first(t, start(t, v, "p1"), time.Minute)
		if _, err := pauseAccess(t, start(t, v, "p1"), issue, 2*time.Minute); !errors.Is(err, errLost) {
			t.Fatal(err)
		}
		v.leases["a1"] = held{"p1", time.Now().Add(leaseTime)} // the dead process could not give it back
		next := start(t, v, "p2")
		_, err := next.Access(t.Context(), octocat, issue.send)
		if f := fault.As(err); f == nil || f.Kind != fault.RateLimited || !f.Busy || f.Until.IsZero() {
			t.Fatalf("while the dead process's lease runs: %v", err)
		}
		_, err = pauseAccess(t, next, issue, leaseTime)
		f := fault.As(err)
		if f == nil || f.Kind != fault.Unauthorized || !f.Revoked || f.Next != "collector connect github --name octocat" {
			t.Fatalf("after it: %v", err)
		}
		if strings.Contains(err.Error(), "refresh-0") {
			t.Errorf("the error repeats the token: %v", err)
		}
		// The user connects again, and all is well.
		access, refresh := issue.pair()
		if err := next.Put(t.Context(), "a1", Credential{Access: NewSecret(access), Refresh: NewSecret(refresh)}); err != nil {
			t.Fatal(err)
		}
		if c, err := next.Access(t.Context(), octocat, issue.send); err != nil || !issue.good(c) {
			t.Errorf("after connecting again: %v", err)
		}
	})
}

func pauseAccess(t *testing.T, k *Keeper, i *issuer, d time.Duration) (Opened, error) {
	t.Helper()
	if err := pause(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return k.Access(t.Context(), octocat, i.send)
}

// TestNothingSignsBeforeItIsStored: the store is down when the pair comes.
func TestNothingSignsBeforeItIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour}
		k := start(t, v, "p1")
		first(t, k, time.Minute)
		v.down = true
		_, err := pauseAccess(t, k, issue, 2*time.Minute)
		if f := fault.As(err); f == nil || f.Kind != fault.Temporary || !errors.Is(err, errDown) {
			t.Fatalf("store down: %v", err)
		}
		if _, err := pauseAccess(t, k, issue, time.Hour); !errors.Is(err, errDown) || issue.asked != 1 {
			t.Fatalf("still down: %v, %d refreshes", err, issue.asked)
		}
		v.down = false
		if c, err := pauseAccess(t, k, issue, 0); err != nil || !issue.good(c) || issue.reused != 0 {
			t.Fatalf("up again: %v, reused %d", err, issue.reused)
		}
	})
}

func TestTemporaryFailuresAreNoDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour, down: true}
		k := start(t, v, "p1")
		first(t, k, 20*time.Minute)
		if c, err := pauseAccess(t, k, issue, 19*time.Minute+30*time.Second); err != nil || c.Access.Reveal() != "access-0" || issue.asked != 1 {
			t.Errorf("a token that still lives for a while: %v, asked %d", err, issue.asked)
		}
		if _, err := pauseAccess(t, k, issue, 10*time.Minute); fault.KindOf(err) != fault.Temporary {
			t.Errorf("a token that has ended: %v", err)
		}
		issue.down = false
		if c, err := pauseAccess(t, k, issue, 0); err != nil || !issue.good(c) {
			t.Errorf("back again: %v", err)
		}
	})
}

// TestRefusedRefreshIsReadAgain: another process had rotated the pair while ours
// was on its way with the old one (its lease was lost).
func TestRefusedRefreshIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour}
		k, other := start(t, v, "p1"), start(t, v, "p2")
		first(t, k, time.Minute)
		rotated := false
		send := func(ctx context.Context, who Who, step providers.Step, c Credential) (connectors.Reply, error) {
			if !rotated {
				rotated = true
				delete(v.leases, "a1")
				if _, err := other.Access(ctx, who, issue.send); err != nil {
					t.Error(err)
				}
				v.leases["a1"] = held{"p1", time.Now().Add(leaseTime)}
			}
			return issue.send(ctx, who, step, c)
		}
		if err := pause(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		c, err := k.Access(t.Context(), octocat, send)
		if err != nil || !issue.good(c) || issue.reused != 1 {
			t.Errorf("got %v, reused %d", err, issue.reused)
		}
	})
}

// TestUserConnectsDuringARefresh: what the user gives wins.
func TestUserConnectsDuringARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour}
		k := start(t, v, "p1")
		first(t, k, time.Minute)
		send := func(ctx context.Context, who Who, step providers.Step, c Credential) (connectors.Reply, error) {
			if err := start(t, v, "cli").Put(ctx, "a1", Credential{Access: NewSecret("by-the-user")}); err != nil {
				t.Error(err)
			}
			return issue.send(ctx, who, step, c)
		}
		if err := pause(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		if c, err := k.Access(t.Context(), octocat, send); err != nil || c.Access.Reveal() != "by-the-user" {
			t.Errorf("signs with another token: %v", err)
		}
	})
}

// TestBegunRefreshOutlivesItsCaller: giving up in the middle must not lose the
// pair.
func TestBegunRefreshOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour, latency: 10 * time.Second}
		k := start(t, v, "p1")
		first(t, k, time.Minute)
		if err := pause(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.Access(ctx, octocat, issue.send); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller waits on: %v", err)
		}
		if err := k.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c, err := k.Access(t.Context(), octocat, issue.send); err != nil || !issue.good(c) || issue.asked != 1 {
			t.Errorf("the pair was lost: %v, %d refreshes", err, issue.asked)
		}
	})
}

// TestWrongClocksDoNotHammer: an instance whose clock is years ahead refreshes
// at most once a minute.
func TestWrongClocksDoNotHammer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour}
		k := NewKeeper(v, ringOf(t, keyA), Providers(), "p1", func() time.Time { return time.Now().AddDate(12, 0, 0) })
		first(t, k, time.Hour)
		for range 100 {
			if _, err := pauseAccess(t, k, issue, 3*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if issue.asked > 6 {
			t.Errorf("%d refreshes in five minutes", issue.asked)
		}
	})
}

func TestTokensWithoutEndAreLeftAlone(t *testing.T) {
	v := newVault()
	k := start(t, v, "p1")
	if err := k.Put(t.Context(), "a1", Credential{Access: NewSecret("ghp_x")}); err != nil {
		t.Fatal(err)
	}
	none := func(context.Context, Who, providers.Step, Credential) (connectors.Reply, error) {
		t.Error("asked the provider")
		return connectors.Reply{Status: http.StatusTeapot}, nil
	}
	c, err := k.Access(t.Context(), octocat, none)
	if err != nil || c.Access.Reveal() != "ghp_x" {
		t.Error(err)
	}
	if _, found, err := k.Refused(t.Context(), octocat, c, none); found || err != nil {
		t.Errorf("found another token: %v %v", found, err)
	}
}
