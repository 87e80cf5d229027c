package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

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

// TestWrongClocksDoNotHammer: an instance whose clock is years ahead, and one to
// which tokens seem to end in seconds, refresh at most once a minute.
func TestWrongClocksDoNotHammer(t *testing.T) {
	for _, life := range []time.Duration{time.Hour, 7 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault()
			issue := &issuer{life: life}
			k := NewKeeper(v, ringOf(t, keyA), Providers(), "p1", func() time.Time { return time.Now().AddDate(12, 0, 0) })
			first(t, k, time.Hour)
			for range 100 {
				if _, err := pauseAccess(t, k, issue, 3*time.Second); err != nil {
					t.Fatal(err)
				}
			}
			if issue.asked > 6 {
				t.Errorf("%d refreshes in five minutes of tokens that last %v", issue.asked, life)
			}
		})
	}
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

// TestUnsavedPairSurvivesAResealing: while a new pair waits for the store, a
// rotation seals the old one anew. The new pair replaces that too.
func TestUnsavedPairSurvivesAResealing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault()
		issue := &issuer{life: time.Hour}
		k := start(t, v, "p1")
		first(t, k, time.Minute)
		v.down = true
		if _, err := pauseAccess(t, k, issue, 2*time.Minute); !errors.Is(err, errDown) {
			t.Fatal(err)
		}
		v.down = false
		other := start(t, v, "p2")
		have, err := other.open(t.Context(), octocat)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := other.Put(t.Context(), "a1", have.Credential); err != nil {
				t.Fatal(err)
			}
		}
		if c, err := k.Access(t.Context(), octocat, issue.send); err != nil || !issue.good(c) || issue.reused != 0 {
			t.Errorf("the pair was lost: %v, reused %d", err, issue.reused)
		}
		if c, err := other.Access(t.Context(), octocat, issue.send); err != nil || !issue.good(c) {
			t.Errorf("and not stored: %v", err)
		}
	})
}
