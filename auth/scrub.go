package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	shortest = 4    // bytes: what is shorter would be found in ordinary words
	remember = 4096 // accounts whose secrets are kept for scrubbing, the last used ones
)

// Scrubber replaces secrets in texts by "(secret)", in six spellings: as they
// are, URL-encoded, in base64 (also as a part of a longer text), escaped for
// JSON, quoted, and in hex. It knows the secrets that this process has opened
// lately. It is safe for use by many goroutines.
type Scrubber struct {
	mu     sync.RWMutex
	first  map[[shortest]byte][]string // spellings by their first bytes, longest first
	count  map[string]int              // how many accounts need a spelling
	of     map[string][]string         // account -> spellings
	recent []string                    // accounts, the last used one last
}

// NewScrubber returns a Scrubber that knows nothing yet.
func NewScrubber() *Scrubber {
	return &Scrubber{first: map[[shortest]byte][]string{}, count: map[string]int{}, of: map[string][]string{}}
}

// Know adds the secrets of an account to those it has had lately: a token that
// was just replaced may still turn up in a log.
func (s *Scrubber) Know(account string, c Credential) {
	var fresh []string
	for _, secret := range c.secrets() {
		fresh = append(fresh, spellings(secret.Reveal())...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.recent, account); at < 0 || at < len(s.recent)/2 { // no need to move those that are recent
		if at >= 0 {
			s.recent = slices.Delete(s.recent, at, at+1)
		}
		s.recent = append(s.recent, account)
	}
	for _, text := range fresh {
		if !slices.Contains(s.of[account], text) {
			s.of[account] = append(s.of[account], text)
			s.add(text)
		}
	}
	for len(s.of[account]) > 400 { // about ten generations of a rotating pair
		s.drop(s.of[account][0])
		s.of[account] = s.of[account][1:]
	}
	if len(s.recent) > remember {
		for _, text := range s.of[s.recent[0]] {
			s.drop(text)
		}
		delete(s.of, s.recent[0])
		s.recent = s.recent[1:]
	}
}

func (s *Scrubber) add(text string) {
	if s.count[text]++; s.count[text] > 1 {
		return
	}
	begin := [shortest]byte([]byte(text[:shortest]))
	list := append(s.first[begin], text)
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	s.first[begin] = list
}

func (s *Scrubber) drop(text string) {
	if s.count[text]--; s.count[text] > 0 {
		return
	}
	delete(s.count, text)
	begin := [shortest]byte([]byte(text[:shortest]))
	if list := slices.DeleteFunc(s.first[begin], func(t string) bool { return t == text }); len(list) == 0 {
		delete(s.first, begin)
	} else {
		s.first[begin] = list
	}
}

// Scrub returns text without any secret that s knows.
func (s *Scrubber) Scrub(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return scrub(text, s.first)
}

// scrub replaces, again until nothing is found: what stands to the left and
// right of a replaced text may form a secret with the mask.
func scrub(text string, first map[[shortest]byte][]string) string {
	for range 4 {
		out := replace(text, first)
		if out == text {
			return text
		}
		text = out
	}
	return mask
}

func replace(text string, first map[[shortest]byte][]string) string {
	var b strings.Builder
	kept := 0
	for i := 0; i+shortest <= len(text); {
		n := 0
		for _, secret := range first[[shortest]byte([]byte(text[i:i+shortest]))] {
			if strings.HasPrefix(text[i:], secret) {
				n = len(secret)
				break
			}
		}
		if n == 0 {
			i++
			continue
		}
		b.WriteString(text[kept:i])
		b.WriteString(mask)
		i += n
		kept = i
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// Cleaner replaces the secrets of one credential.
type Cleaner []string

// Cleaner returns the Cleaner of this credential.
func (c Credential) Cleaner() Cleaner {
	var out Cleaner
	for _, secret := range c.secrets() {
		out = append(out, spellings(secret.Reveal())...)
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// Text returns text without the secrets.
func (c Cleaner) Text(text string) string {
	for range 4 {
		found := false
		for _, secret := range c {
			if strings.Contains(text, secret) {
				text, found = strings.ReplaceAll(text, secret, mask), true
			}
		}
		if !found {
			return text
		}
	}
	return mask
}

// Bytes returns body without the secrets: body itself where there are none.
func (c Cleaner) Bytes(body []byte) []byte {
	for range 4 {
		found := false
		for _, secret := range c {
			if bytes.Contains(body, []byte(secret)) {
				body, found = bytes.ReplaceAll(body, []byte(secret), []byte(mask)), true
			}
		}
		if !found {
			return body
		}
	}
	return []byte(mask)
}

// spellings returns the forms in which a secret could turn up, without those
// too short to be told from ordinary text.
func spellings(secret string) []string {
	if len(secret) < shortest || strings.Contains(mask, secret) {
		return nil
	}
	raw := []byte(secret)
	out := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		strings.Trim(strconv.Quote(secret), `"`), strings.Trim(strconv.QuoteToASCII(secret), `"`),
		base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw),
	}
	if quoted, err := json.Marshal(secret); err == nil {
		out = append(out, strings.Trim(string(quoted), `"`))
	}
	out = append(out, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(secret)) // PHP's way
	for shift := range 3 {                                                                  // inside a longer text in base64 it may begin at three places
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := enc.EncodeToString(append(make([]byte, shift), raw...))
			from, to := (shift*8+5)/6, (shift+len(raw))*8/6
			out = append(out, text[from:to])
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(t string) bool { return len(t) < shortest || strings.Contains(mask, t) })
}
