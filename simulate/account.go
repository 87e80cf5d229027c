package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Spec describes an account to add.
type Spec struct {
	// Service is GitHub, Mastodon, …, or a further list of one of them: "gist"
	// belongs to the account of GitHub that has the same name, which must be there.
	Service string `json:"service"`
	// Name is the login ("octocat"), the user name at its server ("ada") or the
	// handle ("ada.bsky.social"). Unique within a service; "" invents one.
	Name string `json:"name"`
	// Likes is how many likes there are at the start, made over the time Over
	// before now (0 means three years).
	Likes int           `json:"likes"`
	Over  time.Duration `json:"over"`
	// Tokens is how many credentials share the account; 0 means 1.
	Tokens int `json:"tokens"`
	// Expiring gives credentials of GitHub, Reddit and X a refresh token and an end;
	// Google's have both.
	Expiring bool `json:"expiring"`
	// PerDay is how many likes come and go by themselves in a day.
	PerDay Rates `json:"perDay"`
	// Stranger is how many calls an hour somebody else spends from the
	// account's budgets.
	Stranger float64 `json:"stranger"`
	// Nasty makes every eighth thing carry texts that attack a terminal, a
	// spreadsheet or a page.
	Nasty bool `json:"nasty"`
	// Missing are permissions that the credentials lack: "starring", "user",
	// "read:favourites", "read:accounts".
	Missing []string `json:"missing"`
	// Granted are all permissions that the credentials are told to have, by the names of the
	// service, where it tells them; nil: those that its likes need.
	Granted []string `json:"granted"`
}

// Rates are events a day.
type Rates struct {
	Like   float64 `json:"like"`
	Unlike float64 `json:"unlike"`
	Relike float64 `json:"relike"`
}

// Account is what a caller needs to connect an account.
type Account struct {
	Key     string // "github/octocat": names it in all methods of Sim
	Service string
	ID      string // as the service tells it: user number, account id, DID
	Name    string // as people write it: "octocat", "@ada@social.example", "ada.bsky.social"
	// Tokens are the credentials as `collector connect` takes them: a bare
	// token, or the JSON object of a refreshable one or of a Bluesky app password.
	Tokens []string
}

// like is one entry of an account's list.
type like struct {
	k    uint32 // number of the thing within the account
	gone bool   // liked, but deleted or private at the service: no longer listed
	// displaced: pushed out of what the service shows, never to come back by itself
	displaced bool
	at        int64  // like time, ms since 1970
	created   int64  // when the thing was made, ms since 1970
	key       uint64 // grows with the like time: Mastodon's internal id, Bluesky's record key
}

func (l like) time() time.Time { return time.UnixMilli(l.at).UTC() }

type account struct {
	spec    Spec
	site    *site
	list    *listing
	main    *account // who owns the list and its credentials: itself, or the account of the site's first list
	index   int
	key     string
	id      string
	name    string
	chance  *rand.Rand
	likes   []like // in the order of their like times
	old     []like // liked once, not any more
	next    uint32 // number of the next new thing
	lastAt  int64
	dropped time.Time // when a like was taken out of the list last
	seq     uint64
	until   time.Time // the rates have been applied up to here
	spent   time.Time // the stranger's calls have been counted up to here
	tokens  []*credential
	log     []Request
	logged  int // requests so far, forgotten and unfinished ones among them
	limit   int // more requests than this are violations; 0 none
	born    time.Time
}

// AddAccount adds an account with a history and its credentials.
func (s *Sim) AddAccount(sp Spec) (Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, of := s.siteOf(sp.Service)
	if at == nil {
		return Account{}, fmt.Errorf("adding an account: the service %q is not simulated", sp.Service)
	}
	if sp.Over <= 0 {
		sp.Over = 3 * 365 * 24 * time.Hour
	}
	a := &account{spec: sp, site: at, list: of, index: len(s.order), chance: rand.New(rand.NewPCG(s.opt.Seed, uint64(len(s.order))))}
	for n := 1; sp.Name == ""; n++ {
		name := strings.ToLower(s.person(uint64(a.index) << 40).first)
		if n > 1 {
			name += fmt.Sprint(n)
		}
		if s.accounts[sp.Service+"/"+name] == nil {
			sp.Name = name
		}
	}
	a.spec = sp
	now := s.now()
	a.spec.Name = sp.Name
	a.key = sp.Service + "/" + sp.Name
	if s.accounts[a.key] != nil {
		return Account{}, fmt.Errorf("adding an account: %s exists already", a.key)
	}
	a.until, a.spent, a.born = now, now, now.Add(-sp.Over-24*time.Hour)
	if a.main = a; of != at.lists[0] {
		if a.main = s.accounts[at.name+"/"+sp.Name]; a.main == nil {
			return Account{}, fmt.Errorf("adding an account: %s is a list of an account of %s, which has none called %q", sp.Service, at.name, sp.Name)
		}
		a.id, a.name = a.main.id, a.main.name
	} else {
		at.join(s, a)
	}
	s.history(a, now)
	s.accounts[a.key] = a
	s.order = append(s.order, a)
	for n := max(1, sp.Tokens); a.main == a && n > 0; n-- {
		s.issue(a, now)
	}
	return s.account(a), nil
}

func (s *Sim) account(a *account) Account {
	out := Account{Key: a.key, Service: a.spec.Service, ID: a.id, Name: a.name}
	for _, c := range a.main.tokens {
		out.Tokens = append(out.Tokens, c.given())
	}
	return out
}

// Accounts returns all accounts in the order in which they were added.
func (s *Sim) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Account
	for _, a := range s.order {
		out = append(out, s.account(a))
	}
	return out
}

// find returns the account of a key, or an error that names it.
func (s *Sim) find(key string) (*account, error) {
	a := s.accounts[key]
	if a == nil {
		return nil, fmt.Errorf("there is no simulated account %q", key)
	}
	return a, nil
}
