package simulate

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// createSession exchanges an app password for a pair of tokens.
func (s *Sim) createSession(c *call) *reply {
	var in struct{ Identifier, Password string }
	if json.Unmarshal(c.body, &in) != nil || in.Identifier == "" {
		return bluesky{}.fail(http.StatusBadRequest, "InvalidRequest", "Input must have the property \"identifier\"")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cred := s.byToken[in.Password]
	if cred == nil || cred.password != in.Password || cred.revoked ||
		!strings.EqualFold(in.Identifier, cred.account.name) && in.Identifier != cred.account.id {
		return bluesky{}.fail(http.StatusUnauthorized, "AuthenticationRequired", "Invalid identifier or password")
	}
	cred.refresh = "" // a new chain; the old one stays valid, as nobody rotated it
	p := s.rotate(cred, s.now())
	return s.session(cred.account, p)
}

// signingIn returns the account that a createSession names, nil for none: its
// limits are the account's, whether the password is right or not.
func (s *Sim) signingIn(body []byte) *account {
	var in struct{ Identifier string }
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	return s.repo(in.Identifier)
}

func (s *Sim) session(a *account, p pair) *reply {
	body := sessionOf(a)
	body["accessJwt"], body["refreshJwt"] = p.access, p.refresh
	return jsonReply(http.StatusOK, body)
}

// refreshSession exchanges a refresh token for a new pair. Within the grace the
// old one gives the same new pair again, so that a lost answer breaks nothing;
// after it, and at once where there is no grace, it is worth nothing.
func (s *Sim) refreshSession(c *call) *reply {
	if c.token == "" {
		return bluesky{}.fail(http.StatusUnauthorized, "AuthMissing", "Authentication Required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cred := c.cred
	if _, access := isAccess(cred, c.token); cred == nil || access || c.token == cred.password {
		return bluesky{}.denied("unknown")
	}
	if cred.revoked {
		return bluesky{}.denied("expired")
	}
	if p, was := cred.next[c.token]; was {
		grace := s.opt.RefreshGrace
		if grace == 0 {
			grace = 2 * time.Hour
		}
		if grace > 0 && s.now().Before(cred.rotated[c.token].Add(grace)) {
			return s.session(cred.account, p)
		}
		s.violate(c, Reused, "%s refreshed by a token that was replaced before", cred.label)
		return bluesky{}.fail(http.StatusBadRequest, "ExpiredToken", "Token has been revoked")
	}
	cred.refresh = c.token
	return s.session(cred.account, s.rotate(cred, s.now()))
}

// isAccess says whether a token is an access token of a credential.
func isAccess(cred *credential, token string) (time.Time, bool) {
	if cred == nil {
		return time.Time{}, false
	}
	at, ok := cred.issued[token]
	return at, ok
}
