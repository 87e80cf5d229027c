package pds

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Expire returns the token with the same contents and an end in the past, signed
// with the server's own secret: for the server it is one of its own tokens whose
// time is over, which nobody could wait for (access tokens live two hours).
func (s *Server) Expire(token string, end time.Time) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("expiring a session token: it has %d parts, not 3", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("expiring a session token: %w", err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", fmt.Errorf("expiring a session token: %w", err)
	}
	claims["iat"], claims["exp"] = end.Add(-2*time.Hour).Unix(), end.Unix()
	if _, named := claims["jti"]; named {
		claims["jti"] = rand.Text()
	}
	payload, err = json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("expiring a session token: %w", err)
	}
	signed := parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}
