package pds

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestExpireKeepsTheContents(t *testing.T) {
	s := &Server{secret: "invented"}
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`))
	token := head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"did:plc:ada","scope":"x","exp":99}`)) + ".old"
	end := time.Unix(1000, 0)
	got, err := s.Expire(token, end)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(got, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Sub, Scope string
		Exp        int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if parts[0] != head || claims.Sub != "did:plc:ada" || claims.Scope != "x" || claims.Exp != 1000 || parts[2] == "old" {
		t.Errorf("%s: %+v", got, claims)
	}
	for _, broken := range []string{"", "a.b", "a.%.c", "a." + base64.RawURLEncoding.EncodeToString([]byte("no")) + ".c"} {
		if _, err := s.Expire(broken, end); err == nil {
			t.Errorf("%q was taken for a token", broken)
		}
	}
}
