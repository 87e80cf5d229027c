package auth

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

const (
	remember = 4096     // accounts whose secrets are kept for scrubbing, the last used ones
	replaced = 8        // secrets of one account that are kept, the present ones among them
	heldMost = 16 << 20 // bytes of all spellings together: those of a session's two tokens are 15 kB
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
	held  int // bytes of the spellings of all accounts
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
			s.held += one.size()
		}
		k.secrets = append(k.secrets, one)
	}
	for len(k.secrets) > replaced {
		s.forget(k, 1)
	}
	if len(s.of) > remember+remember/8 || s.held > heldMost+heldMost/8 {
		s.thin()
	}
}

// thin forgets the accounts that were not used for the longest time, until so
// few are left, and so little, that it need not be done again soon.
func (s *Scrubber) thin() {
	accounts := slices.Collect(maps.Keys(s.of))
	slices.SortFunc(accounts, func(a, b string) int { return cmp.Compare(s.of[a].used, s.of[b].used) })
	for _, account := range accounts[:len(accounts)-1] { // the last one is in use now
		if len(s.of) <= remember && s.held <= heldMost {
			return
		}
		s.forget(s.of[account], len(s.of[account].secrets))
		delete(s.of, account)
	}
}

// forget drops the first n secrets of an account.
func (s *Scrubber) forget(k *known, n int) {
	for _, one := range k.secrets[:n] {
		for _, form := range one.forms {
			s.drop(form)
		}
		s.held -= one.size()
	}
	k.secrets = slices.Delete(k.secrets, 0, n)
}

// size is how many bytes the spellings have.
func (o spelled) size() (n int) {
	for _, form := range o.forms {
		n += len(form)
	}
	return n
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

// Bytes returns body without the secrets: body itself where there are none.
func (c Cleaner) Bytes(body []byte) []byte {
	if !holdsAny(body, c.forms) {
		return body
	}
	return []byte(c.index.scrub(string(body)))
}
