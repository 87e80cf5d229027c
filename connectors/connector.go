// Package connectors says what a connector is. A connector only translates: it
// turns a place in a list into the request that reads it, and the reply into
// items and the next place. It opens no connection, keeps no state, sees no
// clock and no token, so paging, retry, rate limits, sign-in, storage,
// conditional requests and redaction are written once, outside.
package connectors

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"collector/item"
)

// Connector is implemented by one small type per service. Its methods are
// pure: the same arguments give the same result, from any goroutine.
type Connector interface {
	// Info describes the service. It is constant.
	Info() Info
	// Request returns the call that reads the page at q. Its address is https
	// at one of Info.Hosts, or at q.Server where Info.Servers is set. It carries
	// no secret, at most a placeholder made by Secret.
	Request(q Query) (Request, error)
	// Parse maps a reply of status 200, or one that Fault calls ErrPage, to a Page. A body that is not what the
	// API documents is a fault.Malformed error, never an empty Page: an empty
	// Page could end the walk, and a history would be lost silently.
	Parse(q Query, r Reply) (Page, error)
}

// Faulter is implemented where the status code does not tell the fault: errors
// inside 200, a 403 that means 429, a 400 that means "sign in again". It sees
// every reply that is not a 304. A nil result leaves the decision to the shared
// table over status codes; ErrPage says that the reply is no fault whatever its status.
type Faulter interface {
	Fault(r Reply) error
}

// ErrPage is what a Faulter says of a reply that Parse reads although its status is an
// error: that a page is not there, where only the list ended before it.
var ErrPage = errors.New("the reply is a page, whatever its status")

// Identifier is implemented where the service can tell whose credential it is.
type Identifier interface {
	WhoAmI(q Query) (Request, error)
	// Identity reads a 200 reply. An identity without an ID is Malformed.
	Identity(r Reply) (Identity, error)
}

// Granter is implemented where another call than WhoAmI tells what a credential may do.
// It is asked when somebody connects, and a refusal says only that it is not told.
type Granter interface {
	Granted(q Query) (Request, error)
	// Grants reads a 200 reply: the names of what is granted.
	Grants(r Reply) ([]string, error)
}

// Checker is implemented where one item can be asked about.
type Checker interface {
	Check(q Query, it item.Item) (Request, error)
	// Liked sees the reply before its status becomes a fault (204 and 404).
	Liked(r Reply) (Presence, error)
}

// Hydrator is implemented where the list gives only references: items are
// stored first (item.Bare) and filled later, from a host and quota of their own.
type Hydrator interface {
	// Details returns the call that describes at most Info.DetailsPerCall ids.
	Details(q Query, ids []string) (Request, error)
	// Fill returns what the reply says of the ids: items with Bare false. An
	// asked id that the service no longer shows comes back with Gone set and
	// nothing else; an id left out stays Bare and is asked again later.
	Fill(ids []string, r Reply) ([]Detail, error)
}

// Remapper is implemented where an object from quarantine can be mapped again
// after an upgrade. It uses the function that Parse maps with.
type Remapper interface {
	// Remap maps one object as Page.Bad kept it. An error says that the object
	// still cannot be read.
	Remap(q Query, raw json.RawMessage) (item.Item, error)
}

// Detail is the description of one Bare item. LikedAt of the stored item stays.
type Detail struct {
	Item item.Item // Item.ID is one of the ids asked for
	Gone bool      // the liked thing is no longer shown by the service
}

// Walk is the kind of a pass over a list.
type Walk uint8

// The kinds of walk.
const (
	Backfill Walk = iota // the whole history, mode initial
	Poll                 // what is new, mode normal
	Sweep                // the whole list again, beside polls
)

func (w Walk) String() string { return [...]string{"backfill", "poll", "sweep"}[w] }

// Cursor is a place in a list: a path or number with its own page size, never
// an origin and never a secret. Only the connector that made it understands
// it; everyone else stores it as text. "" is the start of a walk.
type Cursor string

// Query is where to read.
type Query struct {
	Walk     Walk
	Cursor   Cursor            // "" at the start of the walk
	Resume   Cursor            // where the last completed walk said that a poll may start; "" if it did not
	PageSize int               // chosen when the walk began, kept for its whole length; never above Info.PageSize
	Account  Identity          // id and name at the service; the zero Identity until learned
	Server   string            // origin of the account's own server, "https://social.example"; "" where Info.Hosts are used
	Params   map[string]string // declared in Info.Params
}

// Request is one call. Method "" is GET.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte
	Anonymous   bool           // send without the account's credential
	Quotas      []string       // names of the Info.Quotas that the call spends from; nil means all of them
	Cost        map[string]int // units that the call can spend at most, by name of quota; 1 where none is named
}

// Reply is an answer, unpacked and cut at the shared client's limits.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	Origin string // scheme://host[:port] that answered: with an overridden base address not the one asked for
}

// Page is what one reply says.
type Page struct {
	Items   []item.Item // their Raw may be a part of Reply.Body: whoever keeps it copies it
	Bad     []Bad       // objects that could not be mapped: quarantined, never fatal
	Removed []string    // ids that the service itself says have left the list (a trash, a delta): marked as unliked
	Next    Cursor      // the following page; "" ends the walk
	Resume  Cursor      // where the next poll may start; kept only once the walk has ended. The first non-empty one of a newest-first walk and the last of a forward walk win (Info.Poll)
	Total   int         // how many likes there are; 0 unknown
	Pages   int         // how many pages the walk has in all; 0 unknown, or unchanged since an earlier page
	Usage   []Usage     // what the body says of quotas
	Doubt   string      // why this walk may have missed likes ("the list is not in the order asked for"); a sweep follows and the status says so
}

// Bad is one object that has no id or address, or is not an object.
type Bad struct {
	ID     string // where it could still be read
	Raw    json.RawMessage
	Reason string
}

// Usage is what a body says of one quota. Zero fields are unknown.
type Usage struct {
	Quota string        // name in Info.Quotas
	Spent *int          // what this call cost, where that is known only now; at most its Request.Cost
	Limit int           // calls in the window
	Left  *int          // calls left in the window
	Reset time.Time     // end of the window
	Wait  time.Duration // pause before the next call
}

// Identity is who an account is at its service.
type Identity struct {
	ID     string   // never reused, never renamed
	Name   string   // as people write it: "octocat", "@o@social.example"
	Scopes []string // granted, where the reply tells
	Likes  int      // how many likes there are, where the reply tells; 0 unknown
	Total  bool     // Likes is known (0 likes is a fact too)
}

// Presence is the answer to a check of one item.
type Presence uint8

// The presences.
const (
	Unsure  Presence = iota // the reply does not decide it
	Liked                   // still liked
	Unliked                 // the like was taken back
	Gone                    // the thing itself no longer exists
	Hidden                  // it exists and cannot be seen with this credential
)

// Secret returns the placeholder that the shared client replaces with the named
// field of the account's credential ("access", "refresh", "clientId",
// "clientSecret", "identifier", "appPassword"), or with one of a pair that is made
// anew for each call ("salt": 32 hexadecimal digits of chance, and "salted": the
// MD5 of appPassword followed by salt, in hexadecimal), at the last moment, after
// everything that logs. It is valid in header values and bodies and, where
// Auth.Placed is set, as the whole value of a parameter of a Request's URL. In a
// header "Basic " + Secret("clientId") + ":" + Secret("clientSecret") the pair is
// encoded (RFC 7617) once it is filled in. A call with a secret in its address
// follows no redirect: where that leads to is what a server made of the address, and
// may hold the secret.
func Secret(field string) string { return "{{secret:" + field + "}}" }
