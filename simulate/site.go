package simulate

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The services that are simulated, by the name of their first service.
const (
	GitHub   = "github"
	Mastodon = "mastodon"
	Bluesky  = "bluesky"
	LastFM   = "lastfm"
	Pinboard = "pinboard"
	Reddit   = "reddit"
	Spotify  = "spotify"
	Subsonic = "subsonic"
	Twitter  = "twitter"
	YouTube  = "youtube"

	// Further lists of their accounts.
	BlueskyBookmarks  = "bluesky-bookmarks"
	MastodonBookmarks = "mastodon-bookmarks"
	RedditUpvoted     = "reddit-upvoted"
	TwitterBookmarks  = "twitter-bookmarks"
)

// sites are all that is simulated. Adding a service is one line here.
func sites() []*site {
	return []*site{
		blueskySite(),
		foremSite(),
		giteaSite(),
		githubSite(),
		gitlabSite(),
		huggingfaceSite(),
		lastfmSite(),
		mastodonSite(),
		pinboardSite(),
		raindropSite(),
		redditSite(),
		spotifySite(),
		stackexchangeSite(),
		subsonicSite(),
		twitterSite(),
		vimeoSite(),
		youtubeSite(),
	}
}

// site is one simulated provider: where it is, what it allows, and how it answers.
type site struct {
	name     string
	hosts    []string // its real names
	budgets  []Budget // as it documents them
	parallel int      // requests that one credential may have in flight; 0 means 1
	shape    shape
	// join tells a new account its id and its name as people write it.
	join func(s *Sim, a *account)
	// issue gives a credential its first secret.
	issue func(s *Sim, c *credential, r *rand.Rand, now time.Time)
	// pair makes the next pair of a refreshable credential, and says how long its
	// access token lives unless told otherwise; nil where nothing is refreshed.
	pair func(c *credential, r *rand.Rand, now time.Time, life time.Duration) pair
	life time.Duration
	// secret is what a call signs with; nil: what follows the first space in the
	// Authorization header.
	secret func(r *http.Request) string
	// inAddress are the parameters of the address in which the service wants a
	// secret; anywhere else in an address it is a violation.
	inAddress []string
	packs     bool // packs its answers whether or not the caller accepts that
	// owner finds whose a call without a known secret is, nil if nobody's.
	owner func(s *Sim, r *http.Request, body []byte) *account
	// lists are what its accounts like, each the service of one connector. The
	// first has the site's name.
	lists []*listing
	form  form
}

// listing is one list of an account.
type listing struct {
	name string                            // the connector's service
	in   func(r *http.Request) bool        // is a call one for it? nil for the first list
	item func(*Sim, *account, like) string // the id of a like as a connector has to call it
	key  func(*account, *like)             // gives a like its internal key; nil where the service has none
	told func(like) time.Time              // the like time as the service tells it; nil where it does not
}

// form says how a site writes a list, for faults that damage one.
type form struct {
	pages []string // the ends of paths that give a page of likes
	path  []string // fields that lead to the list in a body; empty: the body is the list
	inner []string // fields of an object that hold the liked thing
	ids   []string // fields that hold an id
	empty string   // a page without likes
	place []string // parameters of an address that name the place in the list
}

// siteOf returns the site and the list of a service, nil for one that is not simulated.
func (s *Sim) siteOf(service string) (*site, *listing) {
	for _, one := range s.sites {
		if i := slices.IndexFunc(one.lists, func(l *listing) bool { return l.name == service }); i >= 0 {
			return one, one.lists[i]
		}
	}
	return nil, nil
}

// at returns the account whose list a call reads: that of its owner, or one of
// the owner's other lists.
func (s *Sim) at(owner *account, r *http.Request) *account {
	for _, l := range owner.site.lists[1:] {
		if other := s.accounts[l.name+"/"+owner.spec.Name]; other != nil && l.in(r) {
			return other
		}
	}
	return owner
}

// bare issues a token that lives until it is revoked.
func bare(make func(r *rand.Rand) string) func(*Sim, *credential, *rand.Rand, time.Time) {
	return func(s *Sim, c *credential, r *rand.Rand, now time.Time) { s.grant(c, make(r), now, 0) }
}

// refreshable issues a pair to an account with Spec.Expiring, to others a token that
// lives until it is revoked.
func refreshable(make func(r *rand.Rand) string) func(*Sim, *credential, *rand.Rand, time.Time) {
	return func(s *Sim, c *credential, r *rand.Rand, now time.Time) {
		if c.account.spec.Expiring {
			s.rotate(c, now)
			return
		}
		s.grant(c, make(r), now, 0)
	}
}

// bearer is the token of an Authorization header.
func bearer(r *http.Request) string {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return token
}
