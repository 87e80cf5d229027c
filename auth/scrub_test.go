package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

// forms are the five encodings in which the scrubber promises to find a secret.
func forms(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	return map[string]string{
		"plain": secret, "URL": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"JSON": string(quoted[1 : len(quoted)-1]), "hex": hex.EncodeToString([]byte(secret)), "HEX": fmt.Sprintf("%X", secret),
		"quoted": strings.Trim(fmt.Sprintf("%q", secret), `"`),
	}
}

func TestScrubberFindsEveryForm(t *testing.T) {
	const secret = `ghp_A/b+c="q"<é>` + "\x01end"
	s := NewScrubber()
	c := Credential{Access: NewSecret("ghp_A/b"), Refresh: NewSecret(secret)} // one is the beginning of the other
	s.Know("a1", c)
	for name, form := range forms(secret) {
		for _, text := range []string{form, "x " + form + " y", form + form, "Bearer " + form + "&next=1"} {
			for who, got := range map[string]string{"scrubber": s.Scrub(text), "cleaner": c.Cleaner().Text(text), "bytes": string(c.Cleaner().Bytes([]byte(text)))} {
				if strings.Contains(got, form) || strings.Contains(got, "end") || !strings.Contains(got, mask) {
					t.Errorf("%s, %s: %q", who, name, got)
				}
			}
		}
	}
	for shift := range 3 { // "user:token" and the like in base64
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", shift) + ":" + secret + ":x"))
		if got := s.Scrub(text); !strings.Contains(got, mask) {
			t.Errorf("inside base64 at %d: %q", shift, got)
		}
	}
	const plain = "an ordinary text about ghp_ tokens, base64 and (secret) things"
	if got := s.Scrub(plain); got != plain {
		t.Errorf("changed to %q", got)
	}
}

func TestScrubberForgetsTheRightOnes(t *testing.T) {
	s := NewScrubber()
	s.Know("rotating", Credential{AppPassword: NewSecret("app-password"), Access: NewSecret("generation-0")})
	for i := range 200 {
		s.Know("rotating", Credential{AppPassword: NewSecret("app-password"), Access: NewSecret(fmt.Sprint("generation-", i))})
	}
	for _, text := range []string{"app-password", base64.StdEncoding.EncodeToString([]byte("app-password")), "generation-199", "generation-193"} {
		if s.Scrub(text) != mask {
			t.Errorf("%s is not known", text)
		}
	}
	for i := range 3 * remember {
		s.Know(fmt.Sprint("account", i), Credential{Access: NewSecret(fmt.Sprint("token-of-", i, "-x"))})
	}
	if got := len(s.of); got > remember+remember/8 {
		t.Errorf("%d accounts are remembered", got)
	}
	if s.Scrub(fmt.Sprint("token-of-", 3*remember-1, "-x")) != mask || s.Scrub("token-of-5-x") == mask {
		t.Error("the wrong accounts were forgotten")
	}
	counted := 0
	for _, list := range s.index.long {
		counted += len(list)
	}
	for _, list := range s.index.short {
		counted += len(list)
	}
	if counted != len(s.count) {
		t.Errorf("%d texts are looked for, %d are counted", counted, len(s.count))
	}
}

// TestScrubberHoldsLittle: a process that runs for days refreshes the sessions of
// thousands of accounts every two hours; what it remembers of them is bounded.
func TestScrubberHoldsLittle(t *testing.T) {
	s := NewScrubber()
	token := func(account, generation int) string {
		return fmt.Sprint(strings.Repeat("jwt.", 100), account, "-", generation)
	}
	const accounts, generations = 1000, 4
	for generation := range generations {
		for account := range accounts {
			s.Know(fmt.Sprint(account), Credential{Access: NewSecret(token(account, generation)), Refresh: NewSecret("r" + token(account, generation))})
		}
	}
	bytes := 0
	for _, list := range s.index.long {
		for _, form := range list {
			bytes += len(form)
		}
	}
	if bytes > s.held || s.held > heldMost+heldMost/8 || bytes < heldMost/4 {
		t.Errorf("%d bytes of secrets are looked for, %d are counted (one that two accounts have twice), at most %d", bytes, s.held, heldMost)
	}
	for _, account := range []int{accounts - 1, accounts - 64} {
		if s.Scrub(token(account, generations-1)) != mask {
			t.Errorf("the token of account %d, used a moment ago, is not known", account)
		}
	}
}

func TestScrubberSharedSecret(t *testing.T) {
	s := NewScrubber()
	s.Know("a", Credential{ClientSecret: NewSecret("client-secret")})
	s.Know("b", Credential{ClientSecret: NewSecret("client-secret")})
	s.forget(s.of["a"], 1)
	if s.Scrub("client-secret") != mask {
		t.Error("forgotten with the first of two accounts")
	}
}

func FuzzScrub(f *testing.F) {
	for _, s := range []string{"ghp_abcdef", "a/b+c=d==", `q"u\o`, "éü\x00\xff", "(secret)", "secr", "aaaaaaaa", "%2F%2F", "))))"} {
		f.Add(s, "GET ", " HTTP")
		f.Add(s, s, s[:len(s)/2])
	}
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < shortest || strings.Contains(mask, secret) {
			return
		}
		s := NewScrubber()
		c := Credential{Access: NewSecret(secret)}
		s.Know("a", c)
		cleaner := c.Cleaner()
		for name, form := range forms(secret) {
			if len(form) < shortest || strings.Contains(mask, form) {
				continue
			}
			text := before + form + after
			if got := s.Scrub(text); strings.Contains(got, form) {
				t.Errorf("scrubber, %s: %q in %q", name, form, got)
			}
			if got := cleaner.Text(text); strings.Contains(got, form) {
				t.Errorf("cleaner, %s: %q in %q", name, form, got)
			}
		}
	})
}

type stringer struct{ text string }

func (s stringer) String() string { return s.text }

func TestRedactedLogs(t *testing.T) {
	const canary = "CANARY-token/77"
	s := NewScrubber()
	s.Know("a1", Credential{Access: NewSecret(canary)})
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: false}
		var h slog.Handler = slog.NewTextHandler(&out, options)
		if format == "json" {
			h = slog.NewJSONHandler(&out, options)
		}
		log := slog.New(Redact(h, s))
		log.Info("message "+canary, "string", canary, "error", fmt.Errorf("wrapped: %w", errors.New(canary)),
			"stringer", stringer{canary}, "bytes", []byte("x"+canary), "map", map[string]string{"k": canary}, canary, 1,
			slog.Group("g", "inner", canary, slog.Group("deeper", "x", canary)), "n", 7, "nil", nil, "list", []string{canary})
		log.With("with", canary).WithGroup("group").Debug("x", "y", url.QueryEscape(canary))
		for name, form := range forms(canary) {
			if strings.Contains(out.String(), form) {
				t.Errorf("%s: %s of the token in %s", format, name, out.String())
			}
		}
		if !strings.Contains(out.String(), "wrapped: (secret)") || !strings.Contains(out.String(), "7") {
			t.Errorf("%s: the rest is gone: %s", format, out.String())
		}
	}
}
