package simulate

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// credential is one sign-in of an account: a token, or a chain of pairs.
type credential struct {
	account  *account
	label    string // "github/octocat#1": a name for logs, no secret
	password string // Bluesky: the app password
	key      string // of the application, which a service wants beside the token
	access   string // the newest access token
	refresh  string // the newest refresh token, "" where tokens do not end
	revoked  bool
	issued   map[string]time.Time
	ends     map[string]time.Time // of access tokens that end
	next     map[string]pair      // what a rotated refresh token became
	rotated  map[string]time.Time
	count    uint64
}

type pair struct{ access, refresh string }

// issue makes a new credential for an account.
func (s *Sim) issue(a *account, now time.Time) *credential {
	c := &credential{
		account: a, label: fmt.Sprintf("%s#%d", a.key, len(a.tokens)+1),
		issued: map[string]time.Time{}, ends: map[string]time.Time{}, next: map[string]pair{}, rotated: map[string]time.Time{},
	}
	r := s.secrets(c)
	a.site.issue(s, c, r, now)
	a.tokens = append(a.tokens, c)
	return c
}

// secrets returns the chance behind the next secret of a credential.
func (s *Sim) secrets(c *credential) *rand.Rand {
	c.count++
	return rand.New(rand.NewPCG(s.opt.Seed^0x5EC, uint64(c.account.index)<<32|uint64(len(c.account.tokens))<<24|c.count))
}

// grant makes an access token valid, for life if that is not 0.
func (s *Sim) grant(c *credential, access string, now time.Time, life time.Duration) {
	c.access = access
	c.issued[access] = now
	if life > 0 {
		c.ends[access] = now.Add(life)
	}
	s.byToken[access] = c
}

// rotate gives a credential a new pair of tokens.
func (s *Sim) rotate(c *credential, now time.Time) pair {
	old, life := c.refresh, cmp.Or(s.opt.SessionLife, c.account.site.life)
	p := c.account.site.pair(c, s.secrets(c), now, life)
	s.grant(c, p.access, now, life)
	c.refresh = p.refresh
	s.byToken[c.refresh] = c
	if old != "" {
		c.next[old], c.rotated[old] = p, now
	}
	return p
}

// jwt makes a token that looks like those of a PDS. Nobody checks the signature.
func jwt(r *rand.Rand, typ, scope, sub string, now time.Time, life time.Duration) string {
	part := func(v map[string]any) string {
		b, _ := json.Marshal(v) // strings and numbers always marshal
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]any{"typ": typ, "alg": "ES256K"}) + "." +
		part(map[string]any{"scope": scope, "sub": sub, "iat": now.Unix(), "exp": now.Add(life).Unix(), "aud": "did:web:bsky.social", "jti": hexes(r, 16)}) +
		"." + letters(r, 60)
}

// given is the credential as a user has it in hand.
func (c *credential) given() string {
	var v any
	switch {
	case c.password != "":
		v = map[string]any{"identifier": c.account.name, "appPassword": c.password}
	case c.key != "":
		v = map[string]any{"access": c.access, "clientId": c.key}
	case c.refresh != "":
		v = map[string]any{
			"access": c.access, "refresh": c.refresh, "expiresAt": c.ends[c.access].UTC().Format(time.RFC3339),
			"clientId": "Iv1.simulated", "clientSecret": "simulated-client-secret",
		}
	default:
		return c.access
	}
	b, _ := json.Marshal(v) // maps of strings always marshal
	return string(b)
}

// state says what a token is worth at a time: "", "expired", "revoked" or "unknown".
func (c *credential) state(token string, now time.Time) string {
	_, known := c.issued[token]
	end, ends := c.ends[token]
	switch {
	case c.revoked:
		return "revoked"
	case !known:
		return "unknown"
	case ends && !now.Before(end):
		return "expired"
	}
	return ""
}

// Revoke takes back all credentials of an account: nothing but a new one helps.
func (s *Sim) Revoke(account string) error {
	return s.credentials(account, func(c *credential) { c.revoked = true })
}

// Restore makes revoked credentials valid again, and expired ones that nothing
// can refresh.
func (s *Sim) Restore(account string) error {
	return s.credentials(account, func(c *credential) {
		c.revoked = false
		if c.refresh == "" && c.password == "" {
			clear(c.ends)
		}
	})
}

// Expire ends the access tokens of an account as of now; their refresh tokens
// stay valid.
func (s *Sim) Expire(account string) error {
	return s.credentials(account, func(c *credential) {
		for token := range c.issued {
			c.ends[token] = s.now()
		}
	})
}

// Issue makes one more credential for an account and returns it.
func (s *Sim) Issue(account string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(account)
	if err != nil {
		return "", err
	}
	return s.issue(a.main, s.now()).given(), nil
}

// Lack takes permissions from an account's credentials (Spec.Missing).
func (s *Sim) Lack(account string, missing ...string) error {
	return s.credentials(account, func(c *credential) { c.account.spec.Missing = missing })
}

func (s *Sim) credentials(account string, do func(*credential)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(account)
	if err != nil {
		return err
	}
	for _, c := range a.main.tokens {
		do(c)
	}
	return nil
}

// granted are the permissions that a service tells of an account's credentials: what the
// account was given, or what its likes need, but for what is missing.
func (a *account) granted(needed ...string) []string {
	if a.spec.Granted != nil {
		return a.spec.Granted
	}
	return slices.DeleteFunc(needed, a.lacks)
}

func (a *account) lacks(permission string) bool {
	return slices.Contains(a.spec.Missing, permission)
}

// Secrets returns every secret that was ever given out, to nobody's use but to
// look whether one stands where it must not.
func (s *Sim) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.byToken))
}
