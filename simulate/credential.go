package simulate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// credential is one sign-in of an account: a token, or a chain of pairs.
type credential struct {
	account  *account
	label    string // "github/octocat#1": a name for logs, no secret
	password string // Bluesky: the app password
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
	switch {
	case a.spec.Service == Bluesky:
		c.password = strings.Join([]string{letters(r, 4), letters(r, 4), letters(r, 4), letters(r, 4)}, "-")
		s.byToken[c.password] = c
	case a.spec.Service == GitHub && a.spec.Expiring:
		s.rotate(c, now)
	case a.spec.Service == GitHub:
		s.grant(c, "ghp_"+hexes(r, 36), now, 0)
	default:
		s.grant(c, strings.ToUpper(hexes(r, 4))+hexes(r, 39), now, 0)
	}
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
	r := s.secrets(c)
	life := s.opt.SessionLife
	old := c.refresh
	if c.account.spec.Service == GitHub {
		if life == 0 {
			life = 8 * time.Hour
		}
		s.grant(c, "ghu_"+hexes(r, 36), now, life)
		c.refresh = "ghr_" + hexes(r, 76)
	} else {
		if life == 0 {
			life = 2 * time.Hour
		}
		s.grant(c, jwt(r, "at+jwt", "com.atproto.appPass", c.account.id, now, life), now, life)
		c.refresh = jwt(r, "refresh+jwt", "com.atproto.refresh", c.account.id, now, 60*24*time.Hour)
	}
	s.byToken[c.refresh] = c
	p := pair{c.access, c.refresh}
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
	return s.issue(a, s.now()).given(), nil
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
	for _, c := range a.tokens {
		do(c)
	}
	return nil
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
