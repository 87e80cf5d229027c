package torture

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// needleLength is how much of the end of a secret is looked for. Tokens that
// differ begin alike; their ends do not.
const needleLength = 40

// needles are secrets in all the forms in which they could hide, by their first
// eight bytes, so that one pass over a text finds any of them.
type needles struct {
	first [1 << 16]bool // the first two bytes of some form
	forms map[string][]needle
}

type needle struct{ form, encoding string }

// newNeedles takes secrets of at least eight bytes.
func newNeedles(secrets []string) *needles {
	n := &needles{forms: map[string][]needle{}}
	for _, s := range secrets {
		if s = s[max(0, len(s)-needleLength):]; len(s) < 8 {
			continue
		}
		seen := map[string]bool{}
		for encoding, form := range forms(s) {
			if seen[form] || len(form) < 8 {
				continue
			}
			seen[form] = true
			n.first[int(form[0])<<8|int(form[1])] = true
			n.forms[form[:8]] = append(n.forms[form[:8]], needle{form, encoding})
		}
	}
	return n
}

// find returns where a text holds a secret, in words without it; "" if it holds none.
func (n *needles) find(text string) string {
	for i := 0; i+8 <= len(text); i++ {
		if !n.first[int(text[i])<<8|int(text[i+1])] {
			continue
		}
		for _, one := range n.forms[text[i:i+8]] {
			if strings.HasPrefix(text[i:], one.form) {
				return fmt.Sprintf("%s, after …%q", one.encoding, text[max(0, i-150):i])
			}
		}
	}
	return ""
}

// forms are the encodings in which a secret could hide: as it is, in an address,
// in base64 (at each of the three places where it can begin, in both alphabets),
// in JSON, in hex.
func forms(s string) map[string]string {
	quoted, _ := json.Marshal(s) // a text always marshals
	out := map[string]string{
		"plain": s, "in an address": url.QueryEscape(s), "in JSON": strings.Trim(string(quoted), `"`),
		"in hex": hex.EncodeToString([]byte(s)), "in HEX": strings.ToUpper(hex.EncodeToString([]byte(s))),
	}
	for before := range 3 {
		// The characters at both ends depend on what stands beside the secret.
		from, to := (before*8+5)/6, (before+len(s))*8/6
		padded := append(make([]byte, before), s...)
		out[fmt.Sprintf("in base64 at %d", before)] = base64.RawStdEncoding.EncodeToString(padded)[from:to]
		out[fmt.Sprintf("in base64 of addresses at %d", before)] = base64.RawURLEncoding.EncodeToString(padded)[from:to]
	}
	return out
}

// secrets are all that this world and this store ever had.
func (r *rig) secrets() []string {
	out := append(r.sim.Secrets(), r.planted...)
	for _, a := range r.sim.Accounts() {
		for _, token := range a.Tokens {
			out = append(out, secretsOf(token)...)
		}
	}
	if key, err := os.ReadFile(filepath.Join(r.dir, "collector.key")); err == nil {
		out = append(out, strings.TrimSpace(string(key)))
	}
	return out
}

// secretsOf are the secret texts of a credential as connect takes it.
func secretsOf(token string) []string {
	var fields map[string]any
	if json.Unmarshal([]byte(token), &fields) != nil {
		return []string{token}
	}
	var out []string
	for name, v := range fields {
		if s, ok := v.(string); ok && name != "identifier" && name != "expiresAt" && name != "clientId" {
			out = append(out, s)
		}
	}
	return out
}

// leaks searches everything that the processes wrote, and every file that they
// made but the key's own, for the secrets of the world.
func (r *rig) leaks() (bytes int) {
	r.t.Helper()
	n := newNeedles(r.secrets())
	r.mu.Lock()
	wrote := r.output.String()
	r.mu.Unlock()
	if at := n.find(wrote); at != "" {
		r.t.Errorf("a secret stands in what the processes wrote: %s", at)
	}
	bytes = len(wrote)
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".key") {
			return nil // a log that was folded away meanwhile; the key is the secret itself
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		bytes += len(raw)
		if at := n.find(string(raw)); at != "" {
			r.t.Errorf("a secret stands in %s: %s", filepath.Base(path), at)
		}
		return nil
	})
	if err != nil {
		r.t.Error(err)
	}
	return bytes
}

// TestNeedlesAreFound: the search itself finds each form in the middle of a
// text, also where another token begins alike, and nothing in a text without.
func TestNeedlesAreFound(t *testing.T) {
	secret, other := "eyJhbGciOi.CANARY+/ one&two\"three", "eyJhbGciOi.CANARY+/ one&two\"thre3"
	n := newNeedles([]string{other, secret})
	for encoding, form := range forms(secret) {
		if n.find("before "+form+" after") == "" {
			t.Errorf("%s is not found", encoding)
		}
	}
	for before := range 4 {
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before) + secret + "behind"))
		if n.find(whole) == "" {
			t.Errorf("a secret after %d bytes in base64 is not found", before)
		}
	}
	if at := n.find("eyJhbGciOi.CANARY+/ one&two\"thre and nothing more"); at != "" {
		t.Errorf("found %s", at)
	}
}
