package conventions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shapes are the credentials that say by their shape what they are. They are
// looked for everywhere, in tests too: an invented one can look invented.
var shapes = []struct {
	what string
	re   *regexp.Regexp
}{
	{"a GitHub token", regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}`)},
	{"an AWS key", regexp.MustCompile(`\bAKIA[0-9A-Z]{16}\b`)},
	{"a Google key", regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}\b`)},
	{"a Slack token", regexp.MustCompile(`\bxox[abprs]-[0-9A-Za-z-]{20,}`)},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY` + `-----`)},
	{passwordInAddress, regexp.MustCompile(`\b(mongodb|mongodb\+srv|postgres|amqp)://[^\s:/@<>{}…]+:[^\s@<>{}…]{6,}@`)},
}

// passwordInAddress is looked for outside tests: those show that it is hidden.
const passwordInAddress = "a password in an address"

// assigned matches a secret written beside its name, as configuration files do.
// A real one has digits; "simulated-client-secret" has none.
var (
	assigned = regexp.MustCompile(`(?i)(client|consumer|app|api)[_-]?(secret|key)["']?\s*(:|:=|=)\s*["']([A-Za-z0-9_/+=-]{16,})["']`)
	digit    = regexp.MustCompile(`[0-9]`)
)

// invented are parts of tokens that have a real one's shape because a test must
// show that such a thing is never printed.
var invented = []string{
	"c4nary",                       // spells what it is
	"16C7e42F292c6912E7710c838347", // the example in GitHub's own documentation
}

// checkSecrets returns the credentials that one file seems to hold.
func checkSecrets(f file) []string {
	var out []string
	if strings.HasSuffix(f.path, "go.sum") || strings.HasSuffix(f.path, "package-lock.json") {
		return nil
	}
	for i, line := range strings.Split(f.text, "\n") {
		for _, s := range shapes {
			if s.what == passwordInAddress && strings.HasSuffix(f.path, "_test.go") {
				continue
			}
			if m := s.re.FindString(line); m != "" && !slices.ContainsFunc(invented, func(part string) bool { return strings.Contains(m, part) }) {
				out = append(out, fmt.Sprintf("%s:%d looks like %s", f.path, i+1, s.what))
			}
		}
		m := assigned.FindStringSubmatch(line)
		if !strings.HasSuffix(f.path, "_test.go") && m != nil && digit.MatchString(m[4]) {
			out = append(out, fmt.Sprintf("%s:%d looks like the secret of an application", f.path, i+1))
		}
	}
	return out
}

// TestNoCredentialStandsInTheRepository reads every file. The program has no
// application secret of its own; whoever needs one configures it.
//
// Defect 16: application secrets were committed in plain text.
func TestNoCredentialStandsInTheRepository(t *testing.T) {
	for _, f := range files(t) {
		report(t, checkSecrets(f))
	}
}

func TestSecretRulesCanFail(t *testing.T) {
	for _, line := range []string{
		"token: gh" + "p_" + strings.Repeat("aB3", 12),
		"AK" + "IA" + strings.Repeat("Z", 16),
		"AI" + "za" + strings.Repeat("x", 35),
		"-----BEGIN RSA PRIVATE KEY" + "-----",
		"mongodb" + "://root:hunter22@db.example/likes",
		`"client` + `_secret": "0123456789abcdef0123"`,
		`const app` + `Key = "0123456789abcdef0123"`,
	} {
		if got := checkSecrets(file{"x.go", line}); len(got) != 1 {
			t.Errorf("%q: %q", line, got)
		}
	}
	for _, line := range []string{`"client_secret": "…"`, `"clientSecret": "simulated-client-secret"`, "COLLECTOR_SECRET_KEY=", "mongodb://db.example/likes", "mongodb://<user>:<password>@host", "gh" + "p_invented"} {
		if got := checkSecrets(file{"x.go", line}); len(got) != 0 {
			t.Errorf("%q: %q", line, got)
		}
	}
}
