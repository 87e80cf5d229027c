package auth

import (
	"bytes"
	"slices"
	"sync"
)

const (
	remember = 4096 // accounts whose secrets are kept for scrubbing, the last used ones
	replaced = 24   // secrets of one account that are kept, the present ones among them
)

// Scrubber replaces secrets in texts by "(secret)", in six spellings: as they
// are, URL-encoded, in base64 (also as a part of a longer text), escaped for
// JSON, quoted, and in hex. It knows the secrets that this process has opened
// lately, and those that they have replaced: a token that is no longer in use
// may still turn up in a log. It is safe for use by many goroutines.
type Scrubber struct {
	mu    sync.RWMutex
	index index
	count map[string]int    // how many accounts need a spelling
	of    map[string]*known // by account
	tick  int64
}

// known are the secrets of one account, the last used one last.
type known struct {
	secrets []spelled
	used    int64 // tick of the last use
}

type spelled struct {
	text  string
	forms []string
}

// NewScrubber returns a Scrubber that knows nothing yet.
func NewScrubber() *Scrubber {
	return &Scrubber{index: newIndex(), count: map[string]int{}, of: map[string]*known{}}
}

// Know adds the secrets of an account.
func (s *Scrubber) Know(account string, c Credential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick++
	k := s.of[account]
	if k == nil {
		k = &known{}
		s.of[account] = k
	}
	k.used = s.tick
	for _, secret := range c.secrets() {
		text := secret.Reveal()
		one := spelled{text: text}
		if at := slices.IndexFunc(k.secrets, func(p spelled) bool { return p.text == text }); at >= 0 {
			one = k.secrets[at]
			k.secrets = slices.Delete(k.secrets, at, at+1)
		} else {
			one.forms = spellings(text)
			for _, form := range one.forms {
				s.add(form)
			}
		}
		k.secrets = append(k.secrets, one)
	}
	for len(k.secrets) > replaced {
		s.forget(k.secrets[:1])
		k.secrets = slices.Delete(k.secrets, 0, 1)
	}
	if len(s.of) > remember+remember/8 {
		s.thin()
	}
}

// thin forgets the accounts that were not used for the longest time.
func (s *Scrubber) thin() {
	used := make([]int64, 0, len(s.of))
	for _, k := range s.of {
		used = append(used, k.used)
	}
	slices.Sort(used)
	limit := used[len(used)-remember]
	for account, k := range s.of {
		if k.used < limit {
			s.forget(k.secrets)
			delete(s.of, account)
		}
	}
}

func (s *Scrubber) forget(secrets []spelled) {
	for _, one := range secrets {
		for _, form := range one.forms {
			s.drop(form)
		}
	}
}

func (s *Scrubber) add(form string) {
	if s.count[form]++; s.count[form] == 1 {
		s.index.add(form)
	}
}

func (s *Scrubber) drop(form string) {
	if s.count[form]--; s.count[form] == 0 {
		delete(s.count, form)
		s.index.drop(form)
	}
}

// Scrub returns text without any secret that s knows.
func (s *Scrubber) Scrub(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.scrub(text)
}

// Cleaner replaces the secrets of one credential.
type Cleaner struct {
	forms []string
	index index
}

// Cleaner returns the Cleaner of this credential.
func (c Credential) Cleaner() Cleaner {
	clean := Cleaner{index: newIndex()}
	for _, secret := range c.secrets() {
		clean.forms = append(clean.forms, spellings(secret.Reveal())...)
	}
	for _, form := range clean.forms {
		clean.index.add(form)
	}
	return clean
}

// Text returns text without the secrets.
func (c Cleaner) Text(text string) string { return c.index.scrub(text) }

// Bytes returns body without the secrets: body itself where there are none,
// which is found out at the speed of memory.
func (c Cleaner) Bytes(body []byte) []byte {
	for _, form := range c.forms {
		if bytes.Contains(body, []byte(form)) {
			return []byte(c.index.scrub(string(body)))
		}
	}
	return body
}
