package connectors

import "time"

// Info is what the shared code, the pages and the documents know of a service.
// Everything in it is constant.
type Info struct {
	Name     string // "github": folder, URL part and database key; never renamed
	Provider string // who runs the servers, named after its first service
	Title    string // "GitHub stars"
	Likes    string // what one like is called, plural: "stars"
	Docs     string // the API page this connector was written from
	Connect  string // how to get a credential, one or two sentences with an address

	Hosts   []string // the only hosts a Request may name, beside the account's own server where Servers is set
	Server  string   // default origin of the account's server where a user may name another; "" with empty Hosts: the user must name one
	Servers bool     // a user may name a server of his own

	Auth   Auth
	Params []Param

	Price int // what one item that is returned costs, in Mills; 0: nothing. Its provider then has a quota of that unit

	PageSize       int // the most items the API gives at once
	PollPageSize   int // page size of polls; 0 means PageSize
	DetailsPerCall int // Hydrator only: the most ids in one call

	Quotas []Quota
	Order  Order
	Poll   PollKind
	Window int  // how many likes the service shows at most; 0 all
	Whole  bool // one reply holds the whole list: a walk has one page

	EmptyWrong bool // the service is known to answer with an empty list by mistake: one proves no like gone

	EmptyPages int // empty pages in a row with a Next that are legal; 0 none

	PollMin time.Duration // floor between two polls of a network
	PollMax time.Duration // ceiling

	Limits []string // what the service cannot show, one sentence each
	Tested Evidence // what the connector was held to
}

// Evidence says what a connector was held to beside its own invented recordings,
// which follow the shapes that the API's documents show. A set.
type Evidence uint8

// The kinds of evidence.
const (
	RealServer          Evidence = 1 << iota // the real server's program, run for the test
	RealReplies                              // replies that others recorded of the real service
	ProviderDescription                      // the description of the API that its provider publishes
)

// Auth says where the secret goes: into a header of every call, or to where the
// requests place it. Neither is a service without sign-in.
type Auth struct {
	Header string // "Authorization"; "" where no header is signed
	Prefix string // "Bearer "
	// Placed: each Request that is not Anonymous says where the secret goes, by a
	// placeholder (Secret) that is the whole value of a parameter of its address,
	// or stands in its headers or body. It is for services that take no header.
	Placed bool
	// Password: the credential is a name and a password, which sign each call
	// themselves: Secret("identifier"), and Secret("salt") with Secret("salted").
	Password bool
	Scopes   []Scope
	Beyond   []Power // what credentials of the service may be permitted beyond Scopes, as far as it is worth words
	// Session: the stored credential is exchanged for short-lived tokens by
	// auth/providers/<provider>.
	Session bool
}

// Scope is a permission a credential needs.
type Scope struct {
	Name string // as the service writes it
	Why  string // what fails without it
	// Optional: the list is read without it, and shows less.
	Optional bool
}

// Power is a permission that a credential can have and that nothing here needs, or needs
// for more than the list alone (a Scope that is Optional).
type Power struct {
	Name   string   // as the service writes it
	May    string   // what it allows, after "may also": "delete repositories"
	Covers []string // names of Scopes that it contains, which a reply does not name beside it
}

// Param is one setting of a network beyond its account, given by --param k=v.
type Param struct {
	Name, Help string
	Required   bool
	Person     bool // its value says who somebody is
}

// Order says in which order lists come.
type Order uint8

// The orders.
const (
	Unordered  Order = iota // not documented: such lists are swept
	ByLikeTime              // newest like first unless asked otherwise
)

// PollKind says how a poll finds what is new.
type PollKind uint8

// The kinds of poll.
const (
	PollNewest  PollKind = iota // newest first, until a page that is known from earlier walks
	PollForward                 // from the resume point to now: cannot miss
	PollSweep                   // the list has no like order: every poll reads all of it
)

// Quota is one budget of a service.
type Quota struct {
	Name     string // "core": unique within the provider
	Scope    Scoping
	Unit     string        // "calls", "points", Mills
	N        int           // a first guess: the reply's own limit replaces it
	Per      time.Duration // length of the window, likewise
	Rolling  bool          // what counts is the time Per before each call; false: fixed windows
	Calendar Calendar      // fixed windows that begin with a day or a month; Per is then their usual length
	Report   Report
	Parallel int     // calls in flight allowed on one key; 0 means 1
	Rate     float64 // pace in calls a second, so that a burst does not trip abuse limits; 0 no pacing
	Burst    int     // calls that may go at once under Rate; 0 means 1
}

// Mills is the unit of quotas of money: thousandths of a US dollar. Such a quota is no
// limit of the service's but what its user allows for a month; N is the allowance
// where nobody set one. A call reserves the most that it can cost (Request.Cost), its
// Page says what it did cost (Usage.Spent), and a refusal costs nothing.
const Mills = "mills"

// Calendar says with what a quota begins anew, where it is the calendar.
type Calendar uint8

// The calendars.
const (
	NoCalendar Calendar = iota // with a call, or with a time that the replies tell
	DayUTC                     // at midnight UTC
	DayPacific                 // at midnight in California, as Google's quotas do
	MonthUTC                   // with the month, UTC
)

// Scoping says who shares a quota.
type Scoping uint8

// The scopes of a quota.
const (
	PerAccount Scoping = iota // one remote account, whatever its tokens
	PerApp                    // the whole application
	PerHost                   // all calls of this installation to one server
	PerAddress                // all calls from this machine's address to one server
)

// Report says where a reply tells about a quota. Empty names: it does not. A name
// with a semicolon is a parameter of a header: "RateLimit;r" is the 12 of
// `RateLimit: "api";r=12;t=55`.
type Report struct {
	Limit, Remaining, Used, Reset string // header names
	Unit                          ResetUnit
	Body                          bool // the body tells: Page.Usage
}

// ResetUnit is how a reset header is written.
type ResetUnit uint8

// The units of a reset header.
const (
	EpochSeconds ResetUnit = iota
	ISO8601                // or, where a service writes that instead, seconds since 1970
	SecondsToGo            // decimals allowed
)
