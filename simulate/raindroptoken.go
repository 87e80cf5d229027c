package simulate

import (
	"encoding/json"
	"net/http"
)

// raindropToken is POST raindrop.io/oauth/access_token with the refresh grant.
func (s *Sim) raindropToken(c *call) *reply {
	var given struct {
		Grant   string `json:"grant_type"`
		Refresh string `json:"refresh_token"`
		Client  string `json:"client_id"`
		Secret  string `json:"client_secret"`
	}
	err := json.Unmarshal(c.body, &given)
	s.mu.Lock()
	defer s.mu.Unlock()
	cred := s.byToken[given.Refresh]
	if err != nil || given.Grant != "refresh_token" || given.Client == "" || given.Secret == "" || cred == nil || cred.revoked || cred.refresh != given.Refresh {
		return jsonReply(http.StatusBadRequest, map[string]string{"error": "incorrect refresh_token"})
	}
	p := s.rotate(cred, s.now())
	left := int(cred.ends[p.access].Sub(s.now()).Seconds()) - 1
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": p.access, "refresh_token": p.refresh, "expires": left * 1000, "expires_in": left, "token_type": "Bearer",
	})
}
