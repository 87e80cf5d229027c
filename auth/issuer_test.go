package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
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
	reply, err := i.rotate(c)
	if lost := pause(ctx, i.latency); lost != nil { // the pair is rotated, and nobody hears of it
		return connectors.Reply{}, lost
	}
	return reply, err
}

// rotate gives a new pair for the present refresh token.
func (i *issuer) rotate(c Credential) (connectors.Reply, error) {
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
