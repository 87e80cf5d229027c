package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"collector/auth"
	"collector/cmd/collector/internal/config"
)

// logged is what a logger of a format writes when fn uses it, with a secret
// that the process knows.
func logged(t *testing.T, format string, fn func(a *app)) string {
	t.Helper()
	var out bytes.Buffer
	a := newApp(nil, strings.NewReader(""), &bytes.Buffer{}, &out)
	a.conf = &config.Loaded{Config: config.Default(nil)}
	a.conf.LogFormat, a.conf.LogLevel = format, "debug"
	a.scrubber = auth.NewScrubber()
	a.scrubber.Know("a1", auth.Credential{Access: auth.NewSecret(canary)})
	fn(a)
	return out.String()
}

// Promise S1: no log line of any format holds a secret, wherever it stands.
func TestLogsHoldNoSecret(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		got := logged(t, format, func(a *app) {
			log := a.logger().With("with", "x"+canary)
			log.Error("refused "+canary, "err", errors.New("Get \"https://x.example/?access_token="+canary+"\": refused"), "text", canary)
			log.WithGroup("g").Debug("more", "list", []string{canary}, "token", auth.NewSecret(canary))
		})
		if strings.Contains(got, canary) || strings.Count(got, "\n") != 2 || !strings.Contains(got, "refused") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// Promise S8: a value from outside makes no log line of its own, and no control
// character of it reaches a terminal.
func TestLogLinesStayLines(t *testing.T) {
	nasty := "one\ntime=12:00 level=ERROR msg=\"forged\"\r\x1b[2Jtwo\u2028three\x00 \u202eleft"
	for _, format := range []string{"text", "json"} {
		got := logged(t, format, func(a *app) {
			a.logger().With("network", "github/"+nasty).Warn("run", "err", errors.New(nasty), "reason", nasty, nasty, 1)
		})
		line, rest, _ := strings.Cut(got, "\n")
		if rest != "" {
			t.Errorf("%s: a line was forged: %q", format, got)
		}
		for _, r := range line {
			if unicode.Is(unicode.Cc, r) || r == '\u2028' || r == '\u202e' {
				t.Errorf("%s: %U reaches the terminal: %q", format, r, got)
			}
		}
	}
}
