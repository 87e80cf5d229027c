package grant

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// How long grants are good.
const (
	LoginFor   = 10 * time.Minute          // until a login link is used
	SessionFor = 30 * 24 * time.Hour       // from signing in on, however much it is used
	IdleFor    = 7 * 24 * time.Hour        // without any use of a session
	TokenFor   = 365 * 24 * time.Hour      // a token, unless it is said otherwise
	MaxToken   = 10 * 365 * 24 * time.Hour // a token at most
)

// What a clock that jumped does to grants. One that is ahead makes links and sessions that
// would be good until long after it is right again: those that were made later than ahead
// from now are void. And it finds that grants have ended which have not: those are forgotten
// that ended longer ago than ahead, but not longer ago than forgetFor, since that is when all
// of them ended by a clock that is years ahead.
const (
	ahead     = 36 * time.Hour
	forgetFor = 365 * 24 * time.Hour
)

// noteAfter is how much later a use must be to be noted: about one write an hour.
const noteAfter = time.Hour

// Most is how many tokens, and how many feeds, one user may have that have not ended. The
// operator may have any number.
const Most = 100

// Longest texts, in bytes.
const (
	maxName   = 200
	maxSearch = 2000
)

// Hash is what is kept of the text of a grant: its SHA-256.
type Hash [sha256.Size]byte

// HashOf hashes a text.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// marks are how the texts of each kind begin, so that one found somewhere is known for
// what it is, and one of the wrong kind is refused.
var marks = map[Kind]string{Login: "cl_", Session: "cs_", Token: "ck_", Feed: "cf_"}

const secretBytes = 32

// idMark is how the ids of grants begin.
const idMark = "g_"

// newSecret is a random text of 256 bits.
func newSecret(k Kind) string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // it never fails: crypto/rand ends the program instead
	return marks[k] + base64.RawURLEncoding.EncodeToString(b)
}

// wellFormed says whether a text can be a secret of a kind.
func wellFormed(k Kind, secret string) bool {
	rest, ok := strings.CutPrefix(secret, marks[k])
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	return ok && err == nil && len(b) == secretBytes
}

// Record is a grant as it is kept. Nothing in it lets anybody in.
type Record struct {
	Hash      Hash      `json:"-"`
	ID        string    `json:"id"` // names it in lists; no secret
	Kind      Kind      `json:"kind"`
	User      string    `json:"user"` // "" for the operator
	Name      string    `json:"name"` // what people call it; of a session the browser
	Scopes    []Scope   `json:"scopes"`
	Search    string    `json:"search"`
	Private   bool      `json:"private"`
	By        string    `json:"by"` // the token that made it, "" for a person
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"` // zero for never
	UsedAt    time.Time `json:"-"`         // to about an hour; zero for never
}

// Over says whether a grant has ended by itself.
func (r Record) Over(now time.Time) bool {
	end := r.Until()
	return !end.IsZero() && !now.Before(end)
}

// early says whether a link or a session was made by a clock that was ahead.
func (r Record) early(now time.Time) bool {
	return (r.Kind == Login || r.Kind == Session) && r.CreatedAt.After(now.Add(ahead))
}

// Until is when it ends by itself unless it is used; zero for never.
func (r Record) Until() time.Time {
	if r.Kind != Session {
		return r.ExpiresAt
	}
	idle := r.CreatedAt
	if r.UsedAt.After(idle) {
		idle = r.UsedAt
	}
	if idle = idle.Add(IdleFor); idle.Before(r.ExpiresAt) {
		return idle
	}
	return r.ExpiresAt
}

func (r Record) who() Who {
	return Who{User: r.User, Scopes: slices.Clone(r.Scopes), Kind: r.Kind, ID: r.ID, Until: r.ExpiresAt, Search: r.Search, Private: r.Private}
}

// Ask is a grant that somebody asks for.
type Ask struct {
	Kind    Kind // Login, Token or Feed; a session comes of a login link
	User    string
	Name    string
	Scopes  []Scope       // of a login link and a token
	Search  string        // of a feed, in the grammar of searches; "" for all
	Private bool          // of a feed
	For     time.Duration // of a token: how long it is good; 0 for TokenFor
}

// Errors of asking.
var (
	ErrRefused = errors.New("this cannot be given")       // by whoever asks
	ErrAsk     = errors.New("this is not asked for well") // by anybody
	ErrMany    = errors.New("there are too many already") // of the user: Most
)

// Check says what nobody could be given: the error wraps ErrAsk or ErrScope.
func (a Ask) Check(now time.Time) error {
	_, err := a.record(Operator(), now)
	return err
}

// record is what is kept of a grant that is made now. The error wraps ErrAsk, ErrScope or
// ErrRefused.
func (a Ask) record(by Who, now time.Time) (r Record, err error) {
	r = Record{ID: idMark + strings.ToLower(rand.Text()[:13]), Kind: a.Kind, User: a.User, Name: a.Name, CreatedAt: now}
	switch {
	case len(a.Name) > maxName || !utf8.ValidString(a.Name):
		return r, fmt.Errorf("%w: a name has at most %d bytes of UTF-8", ErrAsk, maxName)
	case len(a.Search) > maxSearch || !utf8.ValidString(a.Search):
		return r, fmt.Errorf("%w: a search has at most %d bytes of UTF-8", ErrAsk, maxSearch)
	case !by.gives(a.Kind):
		return r, fmt.Errorf("%w: it takes a person who may write, or for a feed the scope %s", ErrRefused, Feeds)
	case !by.Sees(a.User):
		return r, fmt.Errorf("%w: it would be of another user", ErrRefused)
	}
	switch a.Kind {
	case Login:
		r.ExpiresAt, r.Scopes = now.Add(LoginFor), slices.Clone(a.Scopes)
	case Token:
		good := cmp.Or(a.For, TokenFor)
		if good < time.Minute || good > MaxToken {
			return r, fmt.Errorf("%w: a token is good for a minute at least and ten years at most", ErrAsk)
		}
		r.ExpiresAt, r.Scopes = now.Add(good), slices.Clone(a.Scopes)
	case Feed:
		if !by.May(Read) {
			return r, fmt.Errorf("%w: a feed shows what %s does, and who gives it must have that", ErrRefused, Read)
		}
		if a.User == "" {
			return r, fmt.Errorf("%w: a feed is of one user: name one", ErrAsk)
		}
		if len(a.Scopes) > 0 {
			return r, fmt.Errorf("%w: a feed shows its search and may do nothing else", ErrScope)
		}
		r.Search, r.Private = a.Search, a.Private
		if by.Kind == Token { // it lives no longer than what made it
			r.By, r.ExpiresAt = by.ID, by.Until
		}
		return r, nil
	default:
		return r, fmt.Errorf("%w: nobody makes a %q", ErrAsk, a.Kind)
	}
	return r, fit(r, by)
}

// fit holds scopes to the user they are for and to whoever gives them.
func fit(r Record, by Who) error {
	if len(r.Scopes) == 0 {
		return fmt.Errorf("%w: name at least one of %s", ErrScope, join(Scopes()))
	}
	for _, s := range r.Scopes {
		switch {
		case !slices.Contains(Scopes(), s):
			return fmt.Errorf("%w: there is no scope %q; there are %s", ErrScope, s, join(Scopes()))
		case (s == Admin || s == Metrics) && r.User != "":
			return fmt.Errorf("%w: %s is about the whole installation, and this is for the user %q alone", ErrScope, s, r.User)
		case !by.May(s):
			return fmt.Errorf("%w: who gives %s must have it", ErrRefused, s)
		}
	}
	return nil
}
