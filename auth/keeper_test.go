package auth

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

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

// TestKnowOpensAndSignsNothing: what is to be looked for in an output is known before
// any call, also where the token's end has come.
func TestKnowOpensAndSignsNothing(t *testing.T) {
	v := newVault()
	k := start(t, v, "p1")
	if err := k.Put(t.Context(), octocat.Account, Credential{Access: NewSecret("access-token"), Refresh: NewSecret("refresh-token"), ExpiresAt: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	fresh, writes := start(t, v, "p2"), v.writes
	if fresh.Scrubber().Scrub("access-token") != "access-token" {
		t.Fatal("known before it was opened")
	}
	if err := fresh.Know(t.Context(), octocat); err != nil {
		t.Fatal(err)
	}
	if got := fresh.Scrubber().Scrub("access-token, refresh-token"); got != mask+", "+mask || v.writes != writes {
		t.Errorf("%q after %d writes, there were %d", got, v.writes, writes)
	}
	if err := fresh.Know(t.Context(), Who{Account: "nobody", Name: "github/nobody"}); err == nil {
		t.Error("an account without a sign-in is known")
	}
}
